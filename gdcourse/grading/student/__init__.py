"""The processes that run student code. Whatever lies here is within reach of that code, so it decides nothing."""
