"""Limits of grading that more than one place must know."""

START = 300.0  # seconds that an engine may take to import what it needs
CELL_LIMIT, CALL_LIMIT = 60, 20  # seconds that one cell, and one call of student code, may take
LARGEST_MESSAGE = 64 << 20  # bytes of one message between two processes
MOST_TEXT = 200_000  # characters of one stream that are kept between two answers, or shown
REMEMBERED = 8  # arrays of callbacks that may come again
