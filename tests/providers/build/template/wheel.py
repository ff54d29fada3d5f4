"""Writes greet-1.0, a package that python/requirements.txt wants, into a folder: wheel.py FOLDER"""
import os
import sys
import zipfile

os.makedirs(sys.argv[1])
with zipfile.ZipFile(sys.argv[1] + "/greet-1.0-py3-none-any.whl", "w") as wheel:
    wheel.writestr("greet.py", "FINE = True\n")
    wheel.writestr("greet-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: greet\nVersion: 1.0\n")
    wheel.writestr("greet-1.0.dist-info/WHEEL",
                   "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    wheel.writestr("greet-1.0.dist-info/RECORD",
                   "greet.py,,\ngreet-1.0.dist-info/METADATA,,\ngreet-1.0.dist-info/WHEEL,,\n"
                   "greet-1.0.dist-info/RECORD,,\n")
