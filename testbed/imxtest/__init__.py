# SPDX-License-Identifier: MIT OR Apache-2.0
"""The testbed's Python side: emulators, a Linux in them, and a fake of that Linux."""
