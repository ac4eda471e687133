"""The instructor's process: what to mark, who marks it, what is written."""
