"""What each command of `portero` does; a module a command, imported when it is called."""
