"""The functions of the class stack: one package a function, bundled with `classlab.contract` alone."""
