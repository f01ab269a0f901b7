"""What tests give calls in other processes: a module that stands for one of the user's."""

import ssl

IS_LEAN = "set_default_verify_paths" in vars(ssl.SSLContext)


class Lean:
    """Unpickled, whether this module was imported lean there."""

    def __reduce__(self):
        return is_lean, ()


def is_lean():
    return IS_LEAN
