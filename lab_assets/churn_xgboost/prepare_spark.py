"""Do what `prepare.py` does on as many machines as the file needs: the same checks, errors, split and folders.

Runs in SageMaker's Spark image (`spark_job.py` starts it there) or by hand: ``python prepare_spark.py --input FOLDER
--output FOLDER``, where a folder may be an S3 prefix. Every row is judged by the code of `prepare.py`; Spark spreads
the rows, counts them and finds the ranks at which the split cuts. Each output is a folder of part-files instead of one
file: those of train, validation and labels each have their header, and those of test and labels are in one order,
which is that of the split's keys and not of the raw file.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import prepare
from prepare import FEATURES, LABEL, SPLIT_SEED, DataError, Split
from py4j.java_gateway import JavaObject
from py4j.protocol import Py4JJavaError
from pyspark import RDD
from pyspark.sql import Column, DataFrame, Row, SparkSession
from pyspark.sql.functions import col, count, input_file_block_start, lit, split, when

CSV_FIELD_LIMIT = 131_072  # characters after which csv gives an open quote up
SCHEMA = "label int, key long, features string"
SETTINGS = {
    "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",  # a transform would send _SUCCESS, too
    "spark.ui.showConsoleProgress": "false",
    "spark.hadoop.fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",  # leaves no checksum files
}


class Line(NamedTuple):
    """A line and where it stands: Spark reads a file in blocks, not all on one machine."""

    block: int  # the file's byte at which the block begins
    index: int  # within the block
    text: str

    def judge(self) -> tuple[int, str] | None:
        """Label and features, None for the header; raises DataError, though of another row than this one's."""
        first_row = 1 if (self.block, self.index) == (0, 0) else 2
        return next(prepare.checked_rows([self.text], first_row), None)

    def is_right(self) -> bool:
        """Whether there is nothing to say against it."""
        try:
            self.judge()
        except DataError:
            return False
        return True


class Block(NamedTuple):
    """What a pass found in a block."""

    start: int
    lines: int
    wrong: int | None  # index of its first wrong line


def open_session() -> SparkSession:
    """Spark where this runs, its workers with the code of this folder."""
    builder = SparkSession.builder.appName("prepare")
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    for name in ("prepare.py", "prepare_spark.py"):
        spark.sparkContext.addPyFile(str(Path(__file__).with_name(name)))
    return spark


def on_files(spark: SparkSession, path: str, act: Callable[[JavaObject, JavaObject], JavaObject]) -> JavaObject:
    """What an act on (file system, path) returns, wherever the path is, by the Java side."""
    java = spark._jvm.org.apache.hadoop.fs.Path(path)
    try:
        return act(java.getFileSystem(spark._jsc.hadoopConfiguration()), java)
    except Py4JJavaError as error:
        raise DataError(f"{path}: cannot be read: {error.java_exception.getMessage()}") from error


def find_file(spark: SparkSession, folder: str, name: str) -> str:
    """Path of the one CSV or text file of a folder; ``name`` is what errors call it."""
    found = on_files(spark, folder, lambda system, path: system.listStatus(path))
    paths = {status.getPath().getName(): status.getPath().toString() for status in found}
    return paths[prepare.the_one_file(paths, folder, name)]


def file_sha256(spark: SparkSession, path: str) -> str:
    """Of the content, which the driver reads once for it."""
    stream = on_files(spark, path, lambda system, file: system.open(file))
    try:
        return spark._jvm.org.apache.commons.codec.digest.DigestUtils.sha256Hex(stream)
    finally:
        stream.close()


def read_lines(spark: SparkSession, path: str) -> RDD[Line]:
    """Every line of the file, as bytes until it is judged: a line need not be UTF-8."""
    table = spark.read.text(path).select(col("value").cast("binary"), input_file_block_start().alias("block"))
    return table.rdd.mapPartitions(numbered)


def numbered(rows: Iterable[Row]) -> Iterator[Line]:
    """The lines of some blocks, numbered within each."""
    for block, lines in groupby(rows, key=lambda row: row.block):
        for index, line in enumerate(lines):
            text = bytes(line.value).decode("utf-8", "surrogateescape") + "\n"
            yield Line(block, index, text.removeprefix("\ufeff") if (block, index) == (0, 0) else text)


def examine(lines: Iterable[Line]) -> Iterator[Block]:
    """Count the lines of each block, and find its first wrong one."""
    for start, group in groupby(lines, key=lambda line: line.block):
        number, wrong = 0, None
        for line in group:
            number += 1
            if wrong is None and not line.is_right():
                wrong = line.index
        yield Block(start, number, wrong)


def check(lines: RDD[Line]) -> None:
    """Raise the error that `prepare.py` raises, which is of the first wrong row, if any."""
    row = 1
    blocks = sorted(lines.mapPartitions(examine).collect())
    if not blocks:
        prepare.first_line(iter(()))  # says that the file is empty
    for block in blocks:
        if block.wrong is not None:
            explain(lines, (block.start, block.wrong), row + block.wrong)
        row += block.lines


def explain(lines: RDD[Line], place: tuple[int, int], row: int) -> None:
    """Judge a wrong line again with its row, and with those behind it that an open quote may reach."""
    behind = lines.filter(lambda line: (line.block, line.index) >= place).takeOrdered(CSV_FIELD_LIMIT + 2)
    for _ in prepare.checked_rows((line.text for line in behind), row):
        pass


def parsed(lines: Iterable[Line], seed: int) -> Iterator[tuple[int, int, str]]:
    """Label, key and features of every line but the header."""
    for line in lines:
        if row := line.judge():
            label, features = row
            yield label, prepare.split_key(features, seed), features


def keyed(spark: SparkSession, lines: RDD[Line], seed: int) -> DataFrame:
    """Label, key and features of every customer, kept for the passes that follow."""
    return spark.createDataFrame(lines.mapPartitions(lambda found: parsed(found, seed)), SCHEMA).persist()


def plan_split(rows: DataFrame, seed: int) -> Split:
    """Where each row goes, by the exact ranks of the keys."""
    counts = dict.fromkeys(prepare.LABELS.values(), 0)
    counts |= {row.label: row["count"] for row in rows.groupBy("label").count().collect()}

    @cache
    def ranked(label: int) -> dict[int, int]:
        wanted = {0, *prepare.cut_ranks(counts[label])}
        keys = rows.where(col("label") == label).select("key").orderBy("key").rdd.zipWithIndex()
        return {rank: row.key for row, rank in keys.filter(lambda pair: pair[1] in wanted).collect()}

    return Split(seed, prepare.all_cuts(counts, lambda label, rank: ranked(label)[rank]))


def part_of(plan: Split) -> Column:
    """`Split.part` as a column."""
    part = lit(None)
    for label, (validation, test) in plan.cuts.items():
        of_label = when(col("key") < validation, "train").when(col("key") < test, "validation").otherwise("test")
        part = when(col("label") == label, of_label).otherwise(part)
    return part


def write_parts(rows: DataFrame, output: str) -> None:
    """The four folders; `rows` have their part."""
    cells = split("features", ",")
    features = [cells[index].alias(name) for index, name in enumerate(FEATURES)]
    label = col("label").alias(LABEL)
    for part in ("train", "validation"):
        save(rows.where(col("part") == part).select(label, *features), f"{output}/{part}", header=True)
    test = rows.where(col("part") == "test").repartitionByRange(rows.rdd.getNumPartitions(), "key", "label")
    test = test.sortWithinPartitions("key", "label", "features").persist()  # written twice, in one order
    save(test.select(*features), f"{output}/test", header=False)
    save(test.select(label), f"{output}/labels", header=True)


def save(table: DataFrame, folder: str, *, header: bool) -> None:
    """Part-files of a table."""
    table.write.mode("overwrite").csv(folder, header=header)


def run(spark: SparkSession, options: argparse.Namespace, *, name: str, sha256: str) -> dict[tuple[str, int], int]:
    """Check, split and write; returns the rows by part and label."""
    path = find_file(spark, options.input, name)
    changed = sha256 and prepare.changed_checksum(sha256, file_sha256(spark, path))
    lines = read_lines(spark, path)
    with prepare.named(name or path, changed):
        check(lines)
        rows = keyed(spark, lines, options.seed)
        plan = plan_split(rows, options.seed)
    placed = rows.withColumn("part", part_of(plan))
    write_parts(placed, options.output)
    totals = placed.groupBy("part", "label").agg(count("*").alias("rows")).collect()
    return {(row.part, row.label): row.rows for row in totals}


def main() -> None:
    """Run; a data error becomes the job's exit message."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--input", default="/opt/ml/processing/input/data", help="folder or S3 prefix")
    parser.add_argument("--output", default="/opt/ml/processing/output", help="folder or S3 prefix")
    parser.add_argument("--seed", type=int, default=SPLIT_SEED)
    options = parser.parse_args()
    uri, sha256 = os.environ.get("CLASSLAB_DATA_URI", ""), os.environ.get("CLASSLAB_DATA_SHA256", "")
    try:
        counts = run(open_session(), options, name=uri, sha256=sha256)
    except DataError as error:
        report_failure(f"DataError: {error}")
        sys.exit(f"DataError: {error}")
    print(prepare.summary(counts))


def report_failure(message: str) -> None:
    """Hand the reason to SageMaker, which shows it as the job's ExitMessage (1 KB at most)."""
    folder = Path("/opt/ml/output")
    if folder.is_dir():
        (folder / "message").write_text(message[:1000], encoding="utf-8")


if __name__ == "__main__":
    main()
