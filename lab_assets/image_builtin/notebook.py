# %% [markdown] name="intro"
# # Pictures of animals with the built-in algorithm
#
# SageMaker brings algorithms of its own. You bring data in the form that they read and a handful of numbers, and write
# no line of training code. Today it is **image classification**: a ResNet with 18 layers which has seen a million
# pictures before, and learns your eleven animals in a few minutes.
#
# The price of that comfort: the form must be exactly right, and it is **RecordIO**, a format of bytes from the days of
# MXNet. You will pack it, take it apart by hand, train, and find out on pictures that nobody trained on whether
# a network beats the baseline of the lab before.

# %%
import io
import json
import os
import re
import struct
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path

import boto3
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from botocore.exceptions import ClientError, WaiterError
from PIL import Image

# %% [markdown] name="words-above"
# The words of plots and messages stand in one place, so that this notebook exists in several languages.

# %% name="words"
words = {
    "missing": "Lab {lab} has left nothing in your bucket yet: run it, or ask your instructor for `classlab jump {me}`.",
    "generated": "These pictures are drawn by a program, so the small network for small pictures learns them.",
    "no_gpu": "No GPU for you today: {why}\nThe notebook goes on with a model that was trained before.",
    "own": "The model is your own: trained by this notebook.",
    "before": "The model is the one in your own bucket, from a run before.",
    "shared": "The model is the one that your instructor trained for the whole class.",
    "ask": "There is no model to go on with: ask your instructor for `classlab share {me} ID`, then run this cell again.",
    "no_log": "no log of a training of yours: the model was trained elsewhere",
    "epoch": "epoch", "accuracy": "accuracy", "train": "training pictures", "validation": "validation pictures",
    "is": "it is: {label}", "said": "it says: {label} ({probability:.0%})",
    "baseline": "baseline of the lab before", "network": "built-in algorithm",
    "not_yet": "not yet: the header has 24 bytes (`<IfQQ`), the second number is the class, the picture begins behind it",
    "right": "right: that is all there is to a record",
}

# %% name="more-words"
words |= {
    "seat": "seat {stack}, bucket {bucket}, region {region}",
    "record": "magic {magic:#x}, part {part}, {length} bytes; flag {flag}, label {label}, number {number}",
    "whole": "whole:", "split": "split:", "macro_f1": "macro F1", "pictures": "pictures",
    "truth": "what it is", "answer": "what the model says",
    "result": "accuracy {accuracy:.3f}, macro F1 {macro_f1:.3f}, {pictures:.0f} pictures",
    "pace": "training: {seconds:.0f} seconds, {speed:.1f} pictures a second",
    "logs": "logs",
    "class": "class", "precision": "precision", "recall": "recall", "f1": "F1",
}

# %% [markdown] name="seat"
# Your seat's bucket, role and tags are in `seat.json`, the lab's images and settings in `lab.json`.

# %%
seat = json.loads((Path.home() / "SageMaker/.classlab/seat.json").read_text())
lab = json.loads(Path("lab.json").read_text())
name = f"{seat['stack']}--builtin"
unique = f"{name}-{datetime.now(timezone.utc):%Y%m%d%H%M%S}"
s3, sagemaker, logs = (boto3.client(service) for service in ("s3", "sagemaker", "logs"))
print(words["seat"].format(**seat))

# %% [markdown] name="earlier"
# ## What the lab before has left
#
# `outputs/image-data.json` in your bucket says where the prepared pictures are, and how good its baseline was.

# %%
def outputs_of(bucket, lab_name, folder=""):
    """What a lab has left, or None."""
    try:
        found = s3.get_object(Bucket=bucket, Key=f"{folder}outputs/{lab_name}.json")
    except ClientError:
        return None
    return json.loads(found["Body"].read())


earlier = outputs_of(seat["bucket"], lab["starts_from"])
if earlier is None:
    raise RuntimeError(words["missing"].format(lab=lab["starts_from"], me=lab["name"]))
small = earlier["data"]["generated"]
print(words["generated"] if small else earlier["prepared"])

# %%
def fetch(uri, folder):
    """Every object below an S3 prefix, as files."""
    bucket, prefix = uri.removeprefix("s3://").split("/", 1)
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            target = folder / item["Key"].removeprefix(prefix)
            target.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file(bucket, item["Key"], str(target))
    return folder


source = fetch(earlier["prepared"], Path("data/earlier"))
{part: len(list((source / part).rglob("*.jpg"))) for part in ("train", "validation", "test")}

# %% [markdown] name="why-records"
# ## Why one file?
#
# Two thousand pictures are two thousand requests to S3, and each waits some ten milliseconds for its first byte. A
# million pictures wait for hours while the GPU is paid for. One file is one request, read from its beginning to its
# end. `prepare.py` resizes every picture to the size that the network wants, on all processors, and appends them to
# one file: one for training, one for validation. The test pictures stay files, since the batch transform wants them so.

# %%
from prepare import prepare, read_settings

os.environ |= lab["settings"]["prepare"] | (lab["small"]["prepare"] if small else {})
prepared = Path("data/prepared")
prepare(source, prepared, read_settings(os.cpu_count()))
{file.name: file.stat().st_size for file in sorted(prepared.rglob("*.rec"))}

# %% [markdown] name="list"
# ## The list
#
# `train.lst` says what was packed: a number, the class's number, and a path, with tabs between. The path is **relative**
# to the folder of the pictures: a list with paths like `/home/ann/pictures/…` works on Ann's machine only. The names
# are hashes and the list is in their order, so the classes are mixed. If all bears came first, the network would
# learn for a while that everything is a bear.

# %%
classes = json.loads((prepared / "labels/classes.json").read_text())
listing = pd.read_csv(prepared / "train/train.lst", sep="\t", names=["number", "class", "path"])
listing["name"] = [classes[int(label)] for label in listing["class"]]
listing.head()

# %% [markdown] name="by-hand"
# ## A record by hand
#
# Eight bytes begin a record: a magic number that says "here", then 3 bits that say whether the record is whole, and 29
# bits with its length. A header of 24 bytes follows (flag, **label**, two numbers for you), then the picture's file as
# it is, then zeros until the next record begins at a multiple of four. `struct` reads all that in three lines.

# %%
content = (prepared / "train/train.rec").read_bytes()
magic, word = struct.unpack_from("<II", content)
part, length = word >> 29, word & (2**29 - 1)
flag, label, number, _ = struct.unpack_from("<IfQQ", content, 8)
read_by_hand = {"magic": magic, "part": part, "length": length, "flag": flag, "label": label, "number": number}
print(words["record"].format(**read_by_hand))
picture = Image.open(io.BytesIO(content[32 : 8 + length]))
print(classes[int(label)], picture.size)
picture.resize((168, 168))

# %% [markdown] name="split"
# What if a picture happens to contain the magic number? A program that looks for the next record from the middle of a
# file would begin in the wrong place. So the writer cuts the data there, leaves the four bytes out, and marks the parts
# (1 first, 2 middle, 3 last); the reader puts them back. Writers that forget it work for years, and then a file breaks.

# %%
from recordio import MARK, framed, read

print(words["whole"], framed(b"fourmore" + bytes(24)).hex(" ", 4)[:53])
print(words["split"], framed(b"four" + MARK + b"more" + bytes(24)).hex(" ", 4)[:53])

# %% [markdown] name="check-records"
# Trust nothing that you have not read back. Is every record a picture of the class that the list says?

# %%
items = list(read(prepared / "train/train.rec"))
assert [item.label for item in items] == list(listing["class"])
assert all(Image.open(io.BytesIO(item.content)).format == "JPEG" for item in items)
pd.Series(Counter(classes[int(item.label)] for item in items)).sort_index()

# %% [markdown] name="request"
# ## The job
#
# `prepare.py` also wrote what the algorithm must be told about the data: the number of classes and of pictures, and
# their shape. The rest is the lab's: depth, epochs, step size. With `use_pretrained_model` only the last layer begins
# at random. Look at the request: no script in it. The image *is* the algorithm.

# %%
from train import Job, final_metrics, hyperparameters, training_request

base = f"s3://{seat['bucket']}/image-builtin/{unique}"
for file in sorted(prepared.rglob("*.*")):
    key = f"image-builtin/{unique}/prepare/{file.relative_to(prepared)}"
    s3.upload_file(str(file), seat["bucket"], key)
facts = json.loads((prepared / "facts/hyperparameters.json").read_text())
job = Job(name=unique, prepared=f"{base}/prepare", output=f"{base}/train")
request = training_request(lab, seat, job, hyperparameters(lab, facts, small=small))
request["HyperParameters"]

# %% [markdown] name="gpu"
# ## A GPU, or not
#
# This algorithm trains on GPUs only; SageMaker refuses to create the job on anything else. New accounts may use **no**
# GPU at all until AWS has raised their quota, which takes days. That is why there are two ways through this lab:
#
# - The account has a quota: the next cell trains (about eight minutes, some ten cents).
# - It has none, or too many of you train at once: the notebook takes the model that a pipeline trained before, your
#   own or the one that your instructor has trained **once** and shared with the class. It says which.
#
# Set `train_here = False` to take the second way on purpose.

# %%
train_here = True
REFUSALS = {"ResourceLimitExceeded", "AccessDeniedException", "AccessDenied"}
try:
    started = train_here and bool(sagemaker.create_training_job(**request))
except ClientError as error:
    if error.response["Error"]["Code"] not in REFUSALS:
        raise
    started = False
    print(words["no_gpu"].format(why=error.response["Error"]["Message"]))

# %%
described = {}
if started:
    waiter = sagemaker.get_waiter("training_job_completed_or_stopped")
    try:
        waiter.wait(TrainingJobName=unique, WaiterConfig={"Delay": 10, "MaxAttempts": 300})
    except WaiterError as error:
        print(words["no_gpu"].format(why=error.last_response.get("FailureReason", error)))
    described = sagemaker.describe_training_job(TrainingJobName=unique)
finished = described.get("TrainingJobStatus") == "Completed"
print(described.get("TrainingJobStatus"), described.get("TrainingTimeInSeconds"))

# %% [markdown] name="model"
# The job's description holds what the algorithm measured, in `FinalMetricDataList`: no log needs to be searched. Mind
# the word *final*: these are the numbers of the last epoch, while the model that is kept is that of the **best** one.
# The class's pipeline lets the validation accuracy decide at its gate; the cell prints that threshold, too.

# %%
if finished:
    print(words["own"])
    model_data, measured = described["ModelArtifacts"]["S3ModelArtifacts"], final_metrics(described)
    measured["training_seconds"] = float(described["TrainingTimeInSeconds"])
    settings = described["HyperParameters"]
else:
    own = outputs_of(seat["bucket"], lab["name"])
    found = own or outputs_of(seat["class_bucket"], lab["name"], folder="shared/")
    if found is None:
        raise RuntimeError(words["ask"].format(me=lab["name"]))
    print(words["before"] if own else words["shared"])
    model_data, measured, settings = found["artifact"], found["validation"], found["hyperparameters"]
print(lab["gate"])
pd.Series(measured).round(3)

# %% [markdown] name="curve"
# How it got there stands in the job's log, epoch by epoch. Where the training pictures are known by heart and the
# validation pictures get no better, more epochs will not help; more pictures will.

# %%
GROUP = "/aws/sagemaker/TrainingJobs"
LINE = re.compile(r"Epoch\[(\d+)\] (Train|Validation)-accuracy=([\d.]+)")
found = []
if finished:
    stream = logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix=f"{unique}/")["logStreams"][0]
    events = logs.get_log_events(logGroupName=GROUP, logStreamName=stream["logStreamName"], startFromHead=True)
    found = [match.groups() for event in events["events"] if (match := LINE.search(event["message"]))]
history = pd.DataFrame(found, columns=["epoch", "part", "accuracy"]).astype({"epoch": int, "accuracy": float})
curves = history.pivot_table(index="epoch", columns="part", values="accuracy", aggfunc="last")

# %%
if curves.empty:
    print(words["no_log"])
else:
    figure, axis = plt.subplots(figsize=(7, 3.5), layout="constrained")
    for part, values in curves.items():
        axis.plot(values.index + 1, values, marker="o", label=words[part.lower()])
    axis.set(xlabel=words["epoch"], ylabel=words["accuracy"], ylim=(0, 1.02))
    axis.legend()
    plt.show()

# %% [markdown] name="transform"
# ## The test
#
# The notebook that this lab descends from stopped at the validation accuracy. But the best epoch was *chosen* by the
# validation pictures, so they flatter. Now the test pictures, which nobody has seen: a **batch transform** starts a
# machine, sends it every file of a folder, keeps the answers and ends. Answering needs no GPU, so this part works in any
# account. One picture is one request (`SplitType` *None*), and one answer is a file `….jpg.out`.

# %%
resources = {"InstanceType": lab["instance_types"]["infer"], "InstanceCount": 1}
container = {"Image": lab["images"]["infer"], "ModelDataUrl": model_data}
sagemaker.create_model(
    ModelName=unique, ExecutionRoleArn=seat["role_arn"], PrimaryContainer=container, Tags=seat["tags"]
)
tests = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"{base}/prepare/test/"}}
sagemaker.create_transform_job(
    TransformJobName=unique, ModelName=unique, TransformResources=resources, Tags=seat["tags"],
    TransformInput={"DataSource": tests, "ContentType": "application/x-image", "SplitType": "None"},
    TransformOutput={"S3OutputPath": f"{base}/infer/", "Accept": "application/json"},
)
waiter = sagemaker.get_waiter("transform_job_completed_or_stopped")
waiter.wait(TransformJobName=unique, WaiterConfig={"Delay": 10, "MaxAttempts": 200})

# %% [markdown] name="answers"
# An answer is a list: the probability of class 0, of class 1 and so on. `classes.json` says which class is which; a
# list in another order would give a model that is brilliant and always wrong.

# %%
import infer

answers = fetch(f"{base}/infer/", Path("data/answers"))
first = sorted(answers.glob("*.out"))[0]
print(first.name, first.read_text()[:90], "…")
pd.DataFrame(infer.table(answers, classes), columns=["file", "class", "probability"]).head()

# %% [markdown] name="score"
# `score.py` is the file with which the baseline was judged, on the same pictures. So the two may stand side by side.

# %%
import score

labels, names = score.read_labels(prepared / "labels")
metrics, tables = score.score(labels, score.read_answers(answers, list(labels.index), len(names)), names)
both = {words["baseline"]: earlier["metrics"], words["network"]: metrics}
print(words["result"].format(**metrics))
pd.DataFrame(both).loc[["accuracy", "macro_f1", "pictures"]].rename(index=words).round(3)

# %%
tables["per_class"].rename(columns=words).round(3)

# %% [markdown] name="pace"
# What it cost: the seconds are those of the whole job, reading and saving included, because the algorithm does not tell
# those of the learning alone. Every epoch shows it every training picture once, and the speed follows from that.

# %%
pictures_shown = float(settings["num_training_samples"]) * float(settings["epochs"])
seconds = measured["training_seconds"]
print(words["pace"].format(seconds=seconds, speed=pictures_shown / seconds))

# %% [markdown] name="confused"
# Which animals does it take for which? Rows are what the picture shows, columns what the model says. Mistakes stand off
# the diagonal, and the other image labs draw the same table of the same pictures.

# %%
confusion = tables["confusion"].set_index("class")
figure, axis = plt.subplots(figsize=(6.5, 5.5), layout="constrained")
axis.imshow(confusion, cmap="Blues")
for row, column in np.ndindex(confusion.shape):
    if confusion.iloc[row, column]:
        axis.text(column, row, confusion.iloc[row, column], ha="center", va="center", color="darkorange")
axis.set_xticks(range(len(names)), names, rotation=90)
axis.set_yticks(range(len(names)), names)
axis.set(xlabel=words["answer"], ylabel=words["truth"])
plt.show()

# %% [markdown] name="mistakes"
# Which mistakes does it make, and how sure is it of them? A model that errs with 99 % is more dangerous than one that
# errs with 40 %: nobody will look again. (Where there are fewer than six mistakes, right answers follow.)

# %%
said = tables["predictions"].assign(wrong=lambda rows: rows["class"] != rows["predicted"])
shown = said.sort_values(["wrong", "probability"], ascending=False).head(6)
figure, axes = plt.subplots(1, 6, figsize=(13, 2.8), layout="constrained")
for axis, row in zip(axes, shown.itertuples(index=False)):
    axis.imshow(Image.open(prepared / "test" / row.file))
    truth = words["is"].format(label=row[1])
    axis.set_title(f"{truth}\n{words['said'].format(label=row.predicted, probability=row.probability)}", fontsize=8)
    axis.set_axis_off()
plt.show()

# %% [markdown] name="outputs"
# ## What the next labs find
#
# The comparison of all networks reads `outputs/image-builtin.json`. Where your pipeline has been here, its word stands.

# %%
for table, rows in tables.items():
    s3.put_object(Bucket=seat["bucket"], Key=f"image-builtin/{unique}/score/{table}.csv", Body=rows.to_csv(index=False))
s3.put_object(Bucket=seat["bucket"], Key=f"image-builtin/{unique}/score/metrics.json", Body=json.dumps(metrics))
outputs = {
    "lab": lab["name"], "run": unique, "made_by": "notebook", "data": earlier["data"], "artifact": model_data,
    "prepared": f"{base}/prepare/", "scored": f"{base}/score/", "hyperparameters": settings,
    "validation": measured, "metrics": metrics,
}
if outputs_of(seat["bucket"], lab["name"]) is None:
    s3.put_object(Bucket=seat["bucket"], Key=f"outputs/{lab['name']}.json", Body=json.dumps(outputs))
outputs_of(seat["bucket"], lab["name"])["made_by"]

# %% [markdown] name="endpoint"
# ## An endpoint, if you like
#
# A transform answers a folder and ends. An **endpoint** stays and answers within milliseconds, and it is paid for as long
# as it stays (about twelve cents an hour here). Set `endpoint_wanted = True` if you want one; the last cell deletes it.

# %%
endpoint_wanted = False
if endpoint_wanted:
    variant = {
        "VariantName": "all", "ModelName": unique, "InstanceType": resources["InstanceType"], "InitialInstanceCount": 1
    }
    sagemaker.create_endpoint_config(EndpointConfigName=unique, ProductionVariants=[variant], Tags=seat["tags"])
    sagemaker.create_endpoint(EndpointName=unique, EndpointConfigName=unique, Tags=seat["tags"])
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=unique)
    picture = (prepared / "test" / labels.index[0]).read_bytes()
    print(infer.ask(boto3.client("sagemaker-runtime"), unique, picture, classes), labels.iloc[0])

# %% [markdown] name="exercise" tags=["exercise"]
# ## Exercise
#
# Write the reader yourself. `label_and_picture` gets the data of one record (behind the first eight bytes) and returns
# the class's number and the bytes of the picture. The function below returns the flag, and the header with the picture.

# %% tags=["exercise"]
def label_and_picture(data):
    """Number of the class, and the picture's file."""
    flag, label, number, more = struct.unpack_from("<IfQQ", data)
    return flag, data


label_and_picture(content[8 : 8 + length])[0]

# %% tags=["solution"]
def label_and_picture(data):
    """Number of the class, and the picture's file."""
    _, label, _, _ = struct.unpack_from("<IfQQ", data)
    return int(label), data[24:]


label_and_picture(content[8 : 8 + length])[0]

# %% tags=["check"]
from recordio import packed

try:
    solved = all(
        (answer := label_and_picture(packed(item)))[0] == item.label and bytes(answer[1]) == item.content
        for item in items[:50]
    )
except Exception:
    solved = False
print(words["right"] if solved else words["not_yet"])

# %% [markdown] name="next"
# What to try next: `use_pretrained_model` set to 0 (how much did the million pictures help?); `augmentation_type` of
# `crop_color`; `early_stopping`; `train.py --help`, which prints the request for the command line. And look at what the
# algorithm hides: which network is it, which step sizes, what does it do to the pictures? In the next labs you write
# all that yourself.
#
# ## Clean up
#
# Training and transform ended by themselves. What stays is the model's entry, and the endpoint if you made one.

# %% tags=["clean-up"]
import shutil

for kind in ("endpoint", "endpoint_config", "model"):
    member = "".join(part.capitalize() for part in kind.split("_")) + "Name"
    try:
        getattr(sagemaker, f"delete_{kind}")(**{member: unique})
    except ClientError:
        pass  # was not made, or is gone already
if endpoint_wanted:
    sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=unique, WaiterConfig={"Delay": 5})
    try:  # its logs too: without the endpoint nothing proves whose they are
        logs.delete_log_group(logGroupName=f"/aws/sagemaker/Endpoints/{unique}")
    except ClientError as error:
        print(words["logs"], error.response["Error"]["Message"])
shutil.rmtree("data", ignore_errors=True)
