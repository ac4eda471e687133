"""What the judge and a student's process say to each other, and how."""
