"""Recipes: what to take from a page, as a TOML file or in Python; checked when they are loaded."""

from scraper.recipe.loading import load_recipe
from scraper.recipe.structure import SOURCES, TYPES, Field, Recipe

__all__ = ["SOURCES", "TYPES", "Field", "Recipe", "load_recipe"]
