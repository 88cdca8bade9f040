#!/usr/bin/env python3
"""Makes scan.nwb, in the layout of DANDI 000402: two fields of ROI traces with slightly
different timestamps, tables of ROIs, trials. Run in this folder; needs h5py, numpy."""

import h5py
import numpy as np

T, RATE = 240, 6.3009
with h5py.File("scan.nwb", "w") as f:
    f.attrs["nwb_version"] = "2.6.0"
    clips = np.arange(T) // 10 % 4
    for field, units in ((1, [11, 12, 13]), (2, [21, 22])):
        n = len(units)
        plane = f.create_group(f"processing/ophys/ImageSegmentation/PlaneSegmentation{field}")
        plane["id"] = np.array(units[::-1])  # the series refers to rows in another order
        plane["pt_root_id"] = np.array([864691135761488438.0 + k for k in range(n)])
        series = f.create_group(f"processing/ophys/Fluorescence/RoiResponseSeries{field}")
        k = np.arange(T)[:, None]
        data = 100.0 * np.array(units) + np.sin(clips[:, None] + np.arange(n)) + ((k * 7 + np.arange(n) * 3) % 5) / 10
        series.create_dataset("data", data=data.astype("float32"), chunks=(64, 2), compression="gzip", shuffle=True)
        series["timestamps"] = 5 + np.arange(T) / RATE + 0.01 * field
        rois = series.create_dataset("rois", data=np.arange(n)[::-1])
        rois.attrs["table"] = plane.ref
    clip = f.create_group("intervals/Clip")
    starts = np.arange(0, T, 10)
    clip["start_time"] = 5 + starts / RATE
    clip["stop_time"] = 5 + (starts + 10) / RATE
    clip["condition_hash"] = np.array([f"clip{c}" for c in clips[starts]], dtype=h5py.string_dtype())
