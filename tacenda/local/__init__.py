"""The embedded stack for one machine, behind `tacenda up` and `tacenda demo`.

`stack.py` holds the parts together: the Temporal server (`server.py`), the mail catcher
(`catcher.py`, with its Maildir and page) and the worker (`worker_process.py`), each program
a `child.py` on a `tether.py`. It needs the extra `local`.
"""
