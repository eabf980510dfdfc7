#!/usr/bin/env python3
"""Prints the arrays of a .npz file as JSON: {name: {"dtype", "shape", "values"}}. With NumPy where it is installed, whose
reading must agree with what the formats' descriptions say; else from those alone."""
import ast
import json
import struct
import sys
import zipfile

KINDS = {"i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "i8": "q", "u8": "Q", "f4": "f", "f8": "d"}


def plain(path):
    arrays = {}
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            data = archive.read(name)
            assert data[:8] == b"\x93NUMPY\x01\x00", name
            (length,) = struct.unpack("<H", data[8:10])
            assert (10 + length) % 64 == 0 and data[9 + length : 10 + length] == b"\n", name
            header = ast.literal_eval(data[10 : 10 + length].decode("latin1"))
            assert header["fortran_order"] is False
            (count,) = header["shape"]
            kind, values = header["descr"][1:], data[10 + length :]
            if kind[0] == "S":
                size = int(kind[1:])
                assert len(values) == size * count
                items = [values[i * size : (i + 1) * size].rstrip(b"\0").decode() for i in range(count)]
            else:
                items = list(struct.unpack("<%d%s" % (count, KINDS[kind]), values))
            arrays[name[: -len(".npy")]] = {"dtype": kind, "shape": [count], "values": items}
    return arrays


def with_numpy(numpy, path):
    arrays = {}
    with numpy.load(path, allow_pickle=False) as archive:
        for name in archive.files:
            array = archive[name]
            values = [v.decode() for v in array.tolist()] if array.dtype.kind == "S" else array.tolist()
            arrays[name] = {"dtype": array.dtype.str[1:], "shape": list(array.shape), "values": values}
    return arrays


arrays = plain(sys.argv[1])
try:
    import numpy
except ImportError:
    reader = "plain"
else:
    reader = "numpy"
    assert with_numpy(numpy, sys.argv[1]) == arrays
print(json.dumps({"reader": reader, "arrays": arrays}))
