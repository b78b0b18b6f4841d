"""Files that announce more than they hold, or unpack to more than this machine has, are refused with a sentence."""

import zipfile
from io import BytesIO

import numpy as np
import pandas as pd
import pytest

from biocore.errors import InputError
from biocore.io.arrays import read_hdf5, read_npz
from biocore.io.parquet import read_parquet

MB = 2**20


def npz(**arrays):
    buffer = BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def zipped(**members):
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def header(shape, descr="<f4", data=b"", version=(1, 0)):
    buffer = BytesIO()
    entries = {"shape": shape, "fortran_order": False, "descr": descr}
    if version == (1, 0):
        np.lib.format.write_array_header_1_0(buffer, entries)
    else:
        np.lib.format.write_array_header_2_0(buffer, entries)
    return buffer.getvalue() + data


# -------------------------------------------------------------------------------------------------------------- .npz


def test_arrays_come_back():
    arrays = {
        "v": np.arange(6, dtype=np.float16).reshape(2, 3),
        "f": np.asfortranarray(np.eye(3)),
        "n": np.array(["ä", ""]),
    }
    back = read_npz(npz(**arrays, about=np.array("{}")))
    for name, array in arrays.items():
        np.testing.assert_array_equal(back[name], array)
    assert str(back["about"]) == "{}"
    assert read_npz(zipped(v=header((2,), data=np.ones(2, "<f4").tobytes(), version=(2, 0))))["v"].tolist() == [1, 1]


@pytest.mark.parametrize("shape", [(10**9, 10**6), (10**30,), (3,), (-1, -2)])
def test_a_header_that_lies_is_no_memory_error(shape):
    with pytest.raises(InputError, match="announces .* numbers, and 8 bytes follow"):
        read_npz(zipped(embeddings=header(shape, data=bytes(8))))


def test_letters_of_no_width_cannot_be_a_billion_names():
    with pytest.raises(InputError, match="1,000,000,000 numbers, and 0 bytes follow"):
        read_npz(zipped(names=header((10**9,), "<U0")))


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04", npz(v=np.ones(9))[:-30], zipped(v=b"no array"), zipped(v=header((1,), "no type"))],
)
def test_a_damaged_npz_is_named(content):
    with pytest.raises(InputError, match="not an .npz file, or it is damaged"):
        read_npz(content)


def test_an_npz_bomb_is_measured_before_it_is_unpacked():
    content = npz(v=np.zeros(4 * MB, np.uint8))
    assert len(content) < MB / 100
    assert read_npz(content, limit=5 * MB)["v"].size == 4 * MB
    with pytest.raises(InputError, match="larger than 0.00293 GB"):
        read_npz(content, limit=3 * MB)


def test_an_archive_that_understates_its_sizes_unpacks_no_further():
    content = bytearray(npz(v=np.zeros(4 * MB, np.uint8)))
    size = (4 * MB + 128).to_bytes(4, "little")
    assert content.count(size) >= 1
    with pytest.raises(InputError, match="damaged"):
        read_npz(bytes(content.replace(size, (1000).to_bytes(4, "little"))), limit=MB)


# -------------------------------------------------------------------------------------------------------------- HDF5


def hdf5(fill):
    import h5py

    buffer = BytesIO()
    with h5py.File(buffer, "w") as file:
        fill(file)
    return buffer.getvalue()


def test_hdf5_comes_back_with_texts_and_labels():
    def fill(file):
        file["group/v"] = np.eye(2)
        file["names"] = ["ä", "b"]
        file["fixed"] = np.array([b"ab", b"c"])
        file["group/v"].attrs["name"] = "a/b"
        file.attrs["about"] = "{}"

    arrays, labels, attributes = read_hdf5(hdf5(fill))
    assert arrays["group/v"].tolist() == [[1, 0], [0, 1]]
    assert (arrays["names"].tolist(), arrays["fixed"].tolist()) == (["ä", "b"], ["ab", "c"])
    assert (labels, attributes) == ({"group/v": "a/b"}, {"about": "{}"})


def wide(file):
    file.create_dataset("v", (4 * MB,), "u1", compression="gzip")


def chunked(file):
    file.create_dataset("v", (1,), "u1", chunks=(4 * MB,), maxshape=(None,), compression="gzip")


def texts(file):
    import h5py

    file.create_dataset("names", (MB,), h5py.string_dtype())


@pytest.mark.parametrize("fill", [wide, chunked, texts])
def test_an_hdf5_bomb_is_measured_before_it_is_unpacked(fill):
    content = hdf5(fill)
    with pytest.raises(InputError, match="GB once unpacked"):
        read_hdf5(content, limit=3 * MB)
    read_hdf5(content, limit=128 * MB)


# ----------------------------------------------------------------------------------------------------------- parquet


def parquet(frame, **options):
    buffer = BytesIO()
    frame.to_parquet(buffer, **options)
    return buffer.getvalue()


def test_parquet_comes_back_in_several_groups_and_lists_are_asked_for():
    frame = pd.DataFrame(
        {
            "id": ["a", None, "c"],
            "n": [1, 2, 3],
            "f": [0.5, None, 2],
            "v": [[1.0, 2.0]] * 3,
            "terms": [["x"], [], ["y"]],
        }
    )
    back, metadata, left_out = read_parquet(parquet(frame, row_group_size=2), lists=["v"])
    pd.testing.assert_frame_equal(back[["id", "n", "f"]], frame[["id", "n", "f"]])
    assert [row.tolist() for row in back["v"]] == frame["v"].tolist()
    assert "pandas" in metadata
    assert left_out == ("terms",)
    assert list(read_parquet(parquet(frame))[0]) == ["id", "n", "f"]
    assert len(read_parquet(parquet(frame[:0]))[0]) == 0


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"v": np.zeros(MB)}),
        pd.DataFrame({"v": [np.zeros(MB, np.float32), np.zeros(MB, np.float32)]}),
        pd.DataFrame({"v": ["x" * 10_000] * 1000}),
    ],
    ids=["numbers", "lists", "texts"],
)
def test_a_parquet_bomb_is_measured_before_it_is_unpacked(frame):
    content = parquet(frame)
    assert len(content) < MB / 10
    with pytest.raises(InputError, match="larger than 0.00391 GB once unpacked"):
        read_parquet(content, lists=["v"], limit=4 * MB)
    assert len(read_parquet(content, lists=["v"], limit=16 * MB)[0]) == len(frame)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + bytes(100) + b"PAR1"])
def test_a_damaged_parquet_file_is_named(content):
    with pytest.raises(InputError, match="not a parquet file, or it is damaged"):
        read_parquet(content)
