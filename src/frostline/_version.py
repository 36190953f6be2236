"""The one place where Frostline's version stands; the build and ``frostline.__version__`` read it."""

__version__ = "0.1.0.dev0"
