"""One module a command, each with ``add_arguments(parser)`` and ``run(options)``; imported when the command runs."""
