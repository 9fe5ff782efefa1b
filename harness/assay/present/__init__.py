"""How a comparison is shown: on a terminal, in a pull request, to a continuous integration server, to a program."""
