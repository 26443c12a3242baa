import sys

from local.services import ROOT

# The audit's rules are the aggregator's, and plain Python; this folder asks them of what it reads itself.
sys.path.append(str(ROOT / "aggregator_service"))
