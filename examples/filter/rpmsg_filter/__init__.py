# SPDX-License-Identifier: MIT OR Apache-2.0
"""Filters WAV files on the core beside Linux. Python's standard library is all it needs."""
