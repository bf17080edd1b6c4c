# %% [markdown] name="intro"
# # Pictures of animals, from the web to a clean data set
#
# The next three labs teach machines to tell animals apart. This one makes what they learn from. It takes ten animals
# from **COCO**, a collection of photographs with marked objects, and an eleventh, frogs, from **CIFAR-10**, a
# collection of pictures of 32 by 32 pixels. Two collections, two cameras, two licences: the usual case.
#
# Nobody sees mistakes that are made here later on. A model trained on wrong labels learns them, a model whose test
# pictures were among its training pictures looks brilliant, and a model that can tell collections apart may seem to
# know frogs. You will meet all three, and measure the last one.

# %%
import io
import json
import pickle
import tarfile
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path

import boto3
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from botocore.exceptions import ClientError
from PIL import Image

# %% [markdown] name="words-above"
# The words of plots and messages stand in one place, so that this notebook exists in several languages.

# %% name="words"
words = {
    "generated": "These pictures are drawn by a program: what you learn is real, the animals are not.",
    "pictures": "pictures",
    "first_wins": "the first annotation decides: {first}\nthe last one decides: {last}",
    "frog": "frog, 32 pixels",
    "other": "another animal, {side} pixels",
    "sharp": "how much the steepest edges lose to a little blur",
    "density": "share of pictures",
    "frogs": "frogs", "others": "other animals",
    "detail": "{side} pixels: AUC {auc:.2f}",
    "said": "what the model says", "is": "what it is",
    "not_yet": "not yet: two kinds of animal must give None, people and balls do not count, several cats are one kind",
    "right": "right: a picture is used only where its annotations leave no choice",
}

# %% name="more-words"
words |= {
    "seat": "seat {stack}, bucket {bucket}, region {region}",
    "kinds": "kinds of animals in a picture",
    "result": "accuracy {accuracy:.3f}, macro F1 {macro_f1:.3f}, {pictures:.0f} pictures",
    "class": "class", "precision": "precision", "recall": "recall", "f1": "F1",
}

# %% [markdown] name="seat"
# Your seat's bucket, role and tags are in `seat.json`, the lab's images and settings in `lab.json`.

# %%
seat = json.loads((Path.home() / "SageMaker/.classlab/seat.json").read_text())
lab = json.loads(Path("lab.json").read_text())
name = f"{seat['stack']}--images"
unique = f"{name}-{datetime.now(timezone.utc):%Y%m%d%H%M%S}"
s3 = boto3.client("s3")
print(words["seat"].format(**seat))

# %% [markdown] name="data"
# ## Where the pictures are from
#
# Your instructor packed one archive for the class, `animals.tar`. `download.py` beside this notebook is how: it fetches
# COCO's annotations and CIFAR-10's first batch from the sites of the data sets, compares both with their published
# checksums, chooses pictures and fetches them one by one over verified connections, twenty at a time. Interrupted, it
# goes on where it stopped. A class without network gets an archive of the same form that `generate.py` drew.
#
# The object in the class's bucket says which of the two it is, and what its checksum must be.

# %%
raw = Path("data/animals.tar")
raw.parent.mkdir(exist_ok=True)
s3.download_file(seat["class_bucket"], "data/animals.tar", str(raw))
origin = s3.head_object(Bucket=seat["class_bucket"], Key="data/animals.tar")["Metadata"]
generated = origin["generated"] == "true"
if generated:
    print(words["generated"])

# %% [markdown] name="archive"
# An archive from elsewhere can hold names like `../../.bashrc`. Unpacked without care, it writes where it likes. The
# lab's `archive.py` never unpacks: it refuses such names, and hands out a file's bytes only after its checksum matched.

# %%
from archive import BATCH, Archive, DataError

archive = Archive(raw, sha256=origin["sha256"])
Counter(path.rpartition("/")[0] for folder in ("coco", "cifar-10-batches-py") for path in archive.names(folder))

# %% [markdown] name="licences"
# ## May we?
#
# COCO's photographs belong to those who took them, each under a licence of its own, and the annotation file says which.
# Some forbid commercial use, some forbid changing the picture (and cropping is changing). CIFAR-10 states no licence at
# all: it is made for research, and nobody asked the photographers. For a class that is fine; for a product it is not.
# That is why the catalogue at the end of this lab names licence and source of **every** picture.

# %%
from sources import read_coco

coco = read_coco(archive)
licences = pd.DataFrame(coco.dataset["licenses"]).set_index("id")
count = Counter(picture["license"] for picture in coco.dataset["images"])
licences.assign(pictures=pd.Series(count)).dropna().astype({"pictures": int})

# %% [markdown] name="annotations"
# ## What is to be seen?
#
# An **annotation** marks one object: its category, its box (left, top, width, height), and whether it is a *crowd*, a
# herd marked as one region. A picture has as many annotations as it has objects, people and balls included.

# %%
animals = {key: coco.cats[key]["name"] for key in coco.getCatIds(supNms=["animal"])}
shown = {
    key: {animals[mark["category_id"]] for mark in marks if mark["category_id"] in animals}
    for key, marks in coco.imgToAnns.items()
}
pd.Series(Counter(len(kinds) for kinds in shown.values()), name=words["pictures"]).rename_axis(words["kinds"]).sort_index()

# %% [markdown] name="several"
# Some pictures show several kinds of animals. Which one is the picture's label? The notebook that this lab descends
# from went through the annotations and remembered one name for each picture, so the **last** annotation won. The order
# of annotations means nothing: such labels are dice.

# %%
several = [key for key, kinds in shown.items() if len(kinds) > 1][:4]
figure, axes = plt.subplots(1, 4, figsize=(13, 3.6), layout="constrained")
for axis, key in zip(axes, several):
    axis.imshow(Image.open(io.BytesIO(archive.read(f"coco/images/{coco.imgs[key]['file_name']}"))))
    kinds = [animals[mark["category_id"]] for mark in coco.imgToAnns[key] if mark["category_id"] in animals]
    axis.set_title(words["first_wins"].format(first=kinds[0], last=kinds[-1]), fontsize=9)
    axis.set_axis_off()
plt.show()

# %% [markdown] name="rule"
# `choosing.py` has a rule instead: a picture is used if its annotations name **exactly one** kind of animal and one of
# them is big enough to be recognised. Everything else is left out, and counted by reason. Five per cent fewer pictures
# cost little; five per cent wrong labels cost more than that.

# %%
from choosing import judge

verdicts = {
    key: judge(coco.imgToAnns[key], animals, size=(picture["width"], picture["height"]), least_side=32)
    for key, picture in coco.imgs.items()
}
pd.Series(Counter(verdict.reason for verdict in verdicts.values()), name=words["pictures"])

# %% [markdown] name="pickles"
# ## A file that can run programs
#
# CIFAR-10's pictures come as a **pickle**, Python's way to store anything. A pickle can say "call this function with
# these arguments", and reading it does so: whoever opens a stranger's pickle runs a stranger's program. The next cell
# makes one that would print a line of its own, and reads it as the lab does.

# %%
from cifar import FROG, pictures_of, read_batch


class Surprise:
    def __reduce__(self):
        return print, ("this could have been any program",)


try:
    read_batch(pickle.dumps(Surprise()), name="surprise.pickle")
except DataError as error:
    print(error)

# %% [markdown] name="pickles-safe"
# `cifar.py` reads a pickle only after its checksum matched, and even then allows nothing but arrays, numbers and
# names. Try `pickle.loads(pickle.dumps(Surprise()))` to see what the plain reader does.

# %%
frogs = list(pictures_of(archive.read(BATCH), FROG, name=BATCH))
print(len(frogs), frogs[0].pixels.shape, frogs[0].name)

# %% [markdown] name="resolution"
# ## How to cheat without knowing it
#
# A frog has 32 by 32 pixels, another animal has hundreds. The original enlarged both to the same size and trained. Look
# at an enlarged frog beside an enlarged other animal: do you need to know what a frog looks like?

# %%
key = next(key for key, verdict in verdicts.items() if verdict.reason == "used")
left, top, right, bottom = verdicts[key].crop
photograph = Image.open(io.BytesIO(archive.read(f"coco/images/{coco.imgs[key]['file_name']}")))
pair = {words["frog"]: Image.fromarray(frogs[0].pixels)}
pair[words["other"].format(side=right - left)] = photograph.crop(verdicts[key].crop)
figure, axes = plt.subplots(1, 2, figsize=(7, 3.6), layout="constrained")
for axis, (title, picture) in zip(axes, pair.items()):
    axis.imshow(picture.resize((224, 224), Image.Resampling.BICUBIC))
    axis.set_title(title, fontsize=10)
    axis.set_axis_off()
plt.show()

# %% [markdown] name="prepare"
# A network finds the cheapest way: "blurred, so it is a frog". Its score on frogs is perfect, and worth nothing as soon
# as somebody brings a sharp picture of a frog. So the lab gives all classes the **same detail**: a square around the
# animal, as CIFAR's pictures have it, reduced to 32 pixels by one and the same filter. Nothing is ever enlarged, and
# animals that are too small for it are left out. It costs detail in ten classes. An honest 70 % is worth more than a
# 90 % of which nobody knows what it measures.
#
# Then every class is split alike: 80 % to train, 10 % to validate, 10 % to test. The same picture twice is used once,
# because one copy may land in training and the other in the test.

# %%
from prepare import Settings, prepare, write

environment = lab["settings"]["prepare"] | (lab["small"]["prepare"] if generated else {})
settings = Settings(**{key.lower(): int(value) for key, value in environment.items()})
pictures, left_out = prepare(archive, settings)
write(pictures, left_out, Path("data/prepared"))
catalogue = pd.read_csv("data/prepared/labels/catalogue.csv")
pd.crosstab(catalogue["class"], catalogue["split"])[["train", "validation", "test"]]

# %%
pd.Series(left_out, name=words["pictures"])

# %% [markdown] name="sheet"
# ## Look at your data
#
# Numbers do not show a picture that lies on its side. Eight of each class, drawn by chance: is there one that you would
# not have labelled so?

# %%
classes = sorted(catalogue["class"].unique())
figure, axes = plt.subplots(len(classes), 8, figsize=(7.5, 11), layout="constrained")
for row, animal in zip(axes, classes):
    training = catalogue[(catalogue["class"] == animal) & (catalogue["split"] == "train")]
    for axis, file in zip(row, training.sample(8, random_state=1)["file"]):
        axis.imshow(Image.open(Path("data/prepared") / file))
        axis.set_axis_off()
    row[0].set_title(animal, fontsize=9, loc="left")
plt.show()

# %% [markdown] name="leak"
# ## Is the leak closed?
#
# Do not believe, measure. `sharpness` in `features.py` describes a picture by two numbers that say how steep its
# steepest edges are, and nothing about what it shows. If a model can find frogs by these numbers, a network can.
# The AUC is 0.5 where there is nothing to find and 1 where frogs are always found. Compare the lab's 32 pixels with 96.

# %%
from features import read_folder, sharpness
from train import leak_auc

measured = {}
for side in (32, 96):
    more = Settings(per_class=settings.per_class, detail_pixels=side, seed=settings.seed)
    write(*prepare(archive, more), Path(f"data/detail-{side}"))
    shots, numbers = read_folder(Path(f"data/detail-{side}/train"), classes)
    is_frog = numbers == classes.index("frog")
    measured[side] = sharpness(np.stack(shots)), is_frog, leak_auc(shots, is_frog, seed=1)
{side: round(auc, 3) for side, (_, _, auc) in measured.items()}

# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 3.5), layout="constrained")
for axis, (side, (values, is_frog, auc)) in zip(axes, measured.items()):
    for mask, label in ((is_frog, "frogs"), (~is_frog, "others")):
        weights = np.full(mask.sum(), 1 / mask.sum())
        bins = np.linspace(values[:, 0].min(), values[:, 0].max(), 26)
        axis.hist(values[mask, 0], bins=bins, alpha=0.5, weights=weights, label=words[label])
    axis.set(title=words["detail"].format(side=side, auc=auc), xlabel=words["sharp"], ylabel=words["density"])
    axis.legend()
plt.show()

# %% [markdown] name="leak-read"
# At 96 pixels the frogs stand apart, at 32 the heaps lie on each other. They need not match exactly, since some animals
# have finer patterns than others: compare a zebra's AUC with the frog's (`classes.index("zebra")`), and remember that
# no measure of sharpness is quite free of what is shown.
#
# ## The catalogue
#
# Every picture of the set with its split, checksum, licence and source. Whoever asks "may this one be in there?" or "is
# this still the same set?" finds the answer here, and whoever finds a bad picture can say which.

# %%
catalogue.sample(5, random_state=2)

# %% [markdown] name="training"
# ## What must be beaten
#
# Before networks, people described pictures by hand. `features.py` counts colours, and the directions of edges in each
# part of the picture; `train.py` feeds these 640 numbers into logistic regression. It takes seconds. Whatever the next
# labs build has to be better than this, or it is not worth its price.
#
# The channels are folders in your bucket, as the jobs of the class's pipeline have them.

# %%
base = f"image-data/{unique}"
for file in sorted(Path("data/prepared").rglob("*.*")):
    s3.upload_file(str(file), seat["bucket"], f"{base}/prepare/{file.relative_to('data/prepared')}")

# %%
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, SourceCode, StoppingCondition, Tag

trainer = ModelTrainer(
    training_image=lab["images"]["train"],
    source_code=SourceCode(source_dir=".", entry_script="train.py", ignore_patterns=["data", "*.ipynb", "__pycache__"]),
    hyperparameters=lab["hyperparameters"],
    compute=Compute(instance_type=lab["instance_types"]["train"], instance_count=1, volume_size_in_gb=10),
    stopping_condition=StoppingCondition(max_runtime_in_seconds=900),
    base_job_name=name,
    role=seat["role_arn"],
    tags=[Tag(key=tag["Key"], value=tag["Value"]) for tag in seat["tags"]],
)

# %%
prepared = f"s3://{seat['bucket']}/{base}/prepare/"
channels = [InputData(channel_name=part, data_source=f"{prepared}{part}/") for part in ("train", "validation")]
trainer.train(input_data_config=channels)
job = trainer._latest_training_job
artifact = job.model_artifacts.s3_model_artifacts
print(job.training_job_name, job.training_job_status)

# %%
def unpack(uri, folder):
    """The files of a tar.gz in S3."""
    bucket, key = uri.removeprefix("s3://").split("/", 1)
    content = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(content)) as packed:
        packed.extractall(folder, filter="data")
    return Path(folder)


validation = json.loads((unpack(trainer.output_data, "data/results") / "evaluation.json").read_text())
pd.Series(validation).round(3)

# %% [markdown] name="test"
# ## The test
#
# The test pictures have no class in their names and lie in one folder, so that nothing but the picture can tell. The
# model answers here as it would behind an endpoint; `score.py` compares. The next labs use the same file and the same
# pictures, so that their tables can stand beside this one.

# %%
import infer
import score

model = infer.model_fn(str(unpack(artifact, "data/model")))
labels, names = score.read_labels(Path("data/prepared/labels"))
requests = [infer.input_fn((Path("data/prepared/test") / file).read_bytes(), "image/jpeg") for file in labels.index]
answers = np.vstack([infer.predict_fn(request, model)[0] for request in requests])
metrics, tables = score.score(labels, answers, names)
print(words["result"].format(**metrics))
tables["per_class"].rename(columns=words).round(3)

# %%
confusion = tables["confusion"].set_index("class")
figure, axis = plt.subplots(figsize=(6.5, 5.5), layout="constrained")
axis.imshow(confusion, cmap="Blues")
for row, column in np.ndindex(confusion.shape):
    if confusion.iloc[row, column]:
        axis.text(column, row, confusion.iloc[row, column], ha="center", va="center", color="darkorange")
axis.set_xticks(range(len(names)), names, rotation=90)
axis.set_yticks(range(len(names)), names)
axis.set(xlabel=words["said"], ylabel=words["is"])
plt.show()

# %% [markdown] name="test-read"
# Look at the mistakes off the diagonal: which pairs does it confuse, and what do they share, colour or outline? A test
# of a few pictures a class is coarse: with 9 of a class, one mistake is 11 %. That is why the labs compare models on
# all classes together, and picture by picture.
#
# If your pictures are drawn, the table is nearly perfect: one artist draws every horse alike, and counting edges is
# enough. Photographs show animals from behind, lying down and half hidden. Expect far less there, and do not carry a
# score from one kind of pictures to the other.
#
# ## What the next labs find
#
# They read `outputs/image-data.json` in your bucket. Where the class's pipeline has been here before you, its word
# stands (it prepared the very same pictures: the split depends on nothing but the seed).

# %%
outputs = {
    "lab": lab["name"], "run": unique, "made_by": "notebook",
    "data": {
        "source": f"s3://{seat['class_bucket']}/data/animals.tar", "sha256": origin["sha256"], "generated": generated
    },
    "prepared": prepared, "scored": f"s3://{seat['bucket']}/{base}/score/", "artifact": artifact,
    "validation": validation, "metrics": metrics,
    "hyperparameters": job.hyper_parameters,
}
for table, rows in tables.items():
    s3.put_object(Bucket=seat["bucket"], Key=f"{base}/score/{table}.csv", Body=rows.to_csv(index=False).encode())
s3.put_object(Bucket=seat["bucket"], Key=f"{base}/score/metrics.json", Body=json.dumps(metrics).encode())
outputs["prepared"], outputs["scored"]

# %%
key = f"outputs/{lab['name']}.json"
try:
    s3.head_object(Bucket=seat["bucket"], Key=key)
except ClientError:
    s3.put_object(Bucket=seat["bucket"], Key=key, Body=json.dumps(outputs).encode(), ContentType="application/json")
print(json.loads(s3.get_object(Bucket=seat["bucket"], Key=key)["Body"].read())["made_by"])

# %% [markdown] name="exercise" tags=["exercise"]
# ## Exercise
#
# Write the rule yourself. `only_animal` gets the annotations of one picture and a table of animals (names by category
# id). It returns the name of the animal where the annotations name exactly one kind, and `None` where they name none or
# several. The function below lets the last one win.

# %% tags=["exercise"]
def only_animal(annotations, animals):
    """Name of the one kind of animal, or None."""
    label = None
    for mark in annotations:
        label = animals.get(mark["category_id"], label)
    return label


only_animal(coco.imgToAnns[several[0]], animals)

# %% tags=["solution"]
def only_animal(annotations, animals):
    """Name of the one kind of animal, or None."""
    kinds = {mark["category_id"] for mark in annotations} & set(animals)
    return animals[kinds.pop()] if len(kinds) == 1 else None


only_animal(coco.imgToAnns[several[0]], animals)

# %% tags=["check"]
cases = {(17,): "cat", (17, 17): "cat", (1, 17): "cat", (17, 37): "cat", (17, 18): None, (18, 17, 18): None, (1,): None, (): None}
try:
    said = [only_animal([{"category_id": key} for key in keys], {17: "cat", 18: "dog"}) for keys in cases]
    solved = said == list(cases.values())
except Exception:
    solved = False
print(words["right"] if solved else words["not_yet"])

# %% [markdown] name="next"
# What to try next: `DETAIL_PIXELS` of 16 (how much does the baseline lose?); training on the pictures of 96 pixels (does
# the accuracy on frogs rise, and why do you not believe it?); other classes' `leak_auc`; the pictures that the baseline
# gets wrong with the highest probability.
#
# ## Clean up
#
# Nothing of yours is running: the training job ended by itself. The prepared pictures stay in your bucket, since the
# next labs read them. What goes is the copy on this machine.

# %% tags=["clean-up"]
import shutil

shutil.rmtree("data", ignore_errors=True)
print(Path("data").exists())
