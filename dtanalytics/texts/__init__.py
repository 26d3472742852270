"""What people write, read by one grammar each: amounts, telephone numbers, paths, times."""
