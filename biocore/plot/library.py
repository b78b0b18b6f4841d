"""plotly.js itself, for files that open without the internet."""

from functools import lru_cache


@lru_cache(maxsize=1)
def plotly_js() -> str:
    """The library's text, safe inside an HTML ``<script>``."""
    from plotly.offline import get_plotlyjs

    return get_plotlyjs().replace("</script", "<\\/script")
