"""Chaos: everything killed, stopped, restarted and cut off at random while people buy, then an audit.

    python -m tests.chaos --seed 7 --checkouts 1000 --faults 60

The seed decides the schedule of the faults (`schedule.py`) and what each buyer means to do (`load.py`). It does not
decide how threads and processes take turns: two runs of one seed meet the same faults at the same checkouts, and not at
the same instructions.
"""
