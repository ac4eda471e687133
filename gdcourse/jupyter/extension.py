"""What the course adds to JupyterLab's server: whenever a notebook is saved, the home page follows."""

from pathlib import Path

from gdcourse import workspace

SAVED = "https://events.jupyter.org/jupyter_server/contents_service/v1"


def _jupyter_server_extension_points():
    return [{"module": "gdcourse.jupyter.extension"}]


def _load_jupyter_server_extension(app):
    """Listen to the server's events, not to hooks of its contents manager: another extension may put a new one in its place."""

    async def listen(logger, schema_id, data):
        if data["action"] == "save":
            note(Path(app.contents_manager.root_dir, data["path"]), app.log)

    app.event_logger.add_listener(schema_id=SAVED, listener=listen)


def note(path, log):
    """Note what was run of a saved notebook. What fails here is logged: the notebook itself is saved."""
    try:
        workspace.note_saved(path)
    except Exception:
        log.exception("gdcourse: the progress of %s was not noted", path)
