"""The benchmark's modules import each other as programs of one folder do, so its tests find them there too."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
