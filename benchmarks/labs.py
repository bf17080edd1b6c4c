"""`make bench-labs`: what the labs' own code costs, against the obvious way or the tool that it replaces."""

from benchmarks import limits, picture_loading, prepare_scale, recordio, report, tfrecords

PARTS: list[report.Part] = [
    ("RecordIO: ours against MXNet's im2rec", recordio.measure),
    ("TFRecords: ours against the obvious loop; reading against the training step", tfrecords.measure),
    ("Folders: resizing against the obvious loop; loading against the training step", picture_loading.measure),
    ("churn: prepare.py on 5 thousand to 5 million rows", prepare_scale.measure),
]


if __name__ == "__main__":
    report.run("labs", PARTS, limits.LABS)
