"""nbgrader's hooks: its configuration and preprocessors, and the making of a new course folder."""
