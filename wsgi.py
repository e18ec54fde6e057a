"""What gunicorn serves and `flask --app wsgi` runs."""

from matchmaker import config, create_app, logs

settings = config.load()
logs.init(settings)
app = create_app(settings)
