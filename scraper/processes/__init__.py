"""One run in several processes: each asks the hosts that are its own, and one of them keeps the list and the output.

==============  ====================================================================
`fleet`         the process that runs the others: the account, the end, what died
`dealer`        reads the list and deals the rows out, a host's to one process
`owners`        which process asks which host
`gathering`     starts the processes and waits until they have connected
`share`         each of the others: the engine, on its share of the hosts
`link`          the engine's rows, its sink and its peers, over the socket
`member`        what the first process knows of each of the others
`merging`       what they do, told as if it were one
`wire`          what they tell each other: MessagePack over a socket on loopback
`interpreters`  an Executor that gives each call a Python process of its own
==============  ====================================================================

Import what is wanted from its module: a process that is being started does not need all of them.
"""
