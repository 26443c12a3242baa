"""What a server tells the workers that it forks. It may not have loaded the application."""

import mmap

stopping = mmap.mmap(-1, 1)
"""Not 0 once the server was told to stop."""
