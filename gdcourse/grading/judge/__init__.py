"""The process that runs the tests, and takes what comes from a student's process for data."""
