"""The commands as typer reads them: arguments, options and help; what does the work is imported when it is called."""
