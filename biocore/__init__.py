"""biocore: what deep models make of a sequence, as a library behind a dashboard.

``import biocore`` is cheap: it loads no framework.  Import the module you need::

    from biocore import sequence, zoo
    model = zoo.load("tf-CTCF")
    model(sequence.one_hot(["CCACCAGGGGGCGC"]))

Everywhere: positions are 0-based and half-open inside, 1-based on screens, in files and in messages;
log-odds are natural logarithms; lengths are in bp or residues, distances in Å.
"""

from biocore import runtime

__version__ = "0.1.0"

runtime.configure_frameworks()
