"""What gunicorn serves and `flask --app wsgi` runs."""

from matchmaker import create_app

app = create_app()
