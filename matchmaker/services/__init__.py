"""The verbs: plain functions (session, …) → result. No Flask; they never commit."""
