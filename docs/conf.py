"""Settings of the documentation site; `make docs` builds it into build/docs."""

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

import syntagma  # noqa: F401  # before Keras, so that it chooses the backend and registers the layers

project = "Syntagma"
author = "The Syntagma developers"
copyright = author
release = version = installed_version("syntagma")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "docstrings"]
exclude_patterns = ["_extensions"]
suppress_warnings = ["config.cache"]

# Markdown.
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
highlight_language = "none"

# The Python reference.
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_member_order = "bysource"
autodoc_class_signature = "mixed"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 88
python_use_unqualified_type_names = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_custom_sections = [
    ("Call arguments", "params_style"),
    "Input shape",
    "Output shape",
    "Masking",
    "Memory",
    "Missing and invalid tags",
]
default_role = "literal"

# The look. Nothing is loaded from the network, neither when the site is built nor when it is read.
html_theme = "furo"
html_title = "Syntagma"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {"navigation_with_keys": True}
