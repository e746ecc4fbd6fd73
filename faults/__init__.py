"""The fault campaign: what breaks machines, done to small work again and again, and what must still be true after.

``python -m faults`` (``make faults``) prints one line for each kind of fault and ends with 0 where all of them passed.
"""
