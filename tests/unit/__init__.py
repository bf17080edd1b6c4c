"""Unit tests: no AWS, or moto's."""
