# %% [markdown] name="intro"
# # Four answers to one question
#
# Logistic regression, SageMaker's built-in algorithm, TensorFlow and PyTorch learned from the same pictures and were
# tested on the same pictures. Which one would you take? This notebook puts them side by side, and asks first whether
# the differences are any.

# %%
import io
import json
from itertools import combinations
from pathlib import Path

import boto3
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from botocore.exceptions import ClientError

# %% name="words"
words = {
    "missing": "{lab} has left nothing in your bucket: run it, or ask your instructor to share it (`classlab share {lab}`)",
    "shared": "{lab}: shared by your instructor, not trained in your seat",
    "nobody": "there is nothing to compare yet: run at least two of the image labs",
    "accuracy": "accuracy", "macro_f1": "macro F1", "seconds": "training, seconds", "speed": "pictures a second",
    "said": "what it says", "is": "what it is", "f1": "F1 of the class",
    "only": "only {lab} right", "both": "both right", "neither": "neither right", "chance": "chance of such a difference",
    "not_yet": "not yet: only the pictures on which the two disagree count, each of them as one toss of a coin",
    "right": "right: the pictures on which both agree say nothing about which is better",
}

# %% [markdown] name="where"
# ## What is there
#
# Every lab leaves `outputs/<lab>.json` in your bucket. Where yours is missing, one that the instructor shared with the
# class serves: not everybody has a quota for a GPU.

# %%
seat = json.loads((Path.home() / "SageMaker/.classlab/seat.json").read_text())
s3 = boto3.client("s3")
labs = ["image-data", "image-builtin", "image-tensorflow", "image-pytorch"]


def read(uri):
    """An object of S3, or None."""
    bucket, key = uri.removeprefix("s3://").split("/", 1)
    try:
        return s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError:
        return None

# %%
found = {}
for lab in labs:
    own = read(f"s3://{seat['bucket']}/outputs/{lab}.json")
    shared = own or read(f"s3://{seat['class_bucket']}/shared/outputs/{lab}.json")
    if shared is None:
        print(words["missing"].format(lab=lab))
        continue
    if own is None:
        print(words["shared"].format(lab=lab))
    found[lab] = json.loads(shared)
print(words["nobody"] if len(found) < 2 else sorted(found))

# %% [markdown] name="table"
# ## One table
#
# **Accuracy** is the share of test pictures that are right. **Macro F1** is the mean of the classes' F1, so that a
# class that is always missed costs as much as any other. Seconds are those of the training itself; pictures a second
# went through the network while it learned. The built-in algorithm tells neither of the two: its seconds are those of
# its whole job, reading and saving included, and its speed follows from them, the number of pictures and the epochs that
# it was asked for. On different machines both compare machines.

# %%
def speed(outputs):
    """Seconds of the training, and pictures a second; of the whole job where the training itself told nothing."""
    told, asked = outputs["validation"], outputs["hyperparameters"]
    if "images_per_second" in told:
        return told["train_seconds"], told["images_per_second"]
    pictures = float(asked.get("num_training_samples", "nan")) * float(asked.get("epochs", "nan"))
    return told["training_seconds"], pictures / told["training_seconds"]

# %%
def line(outputs):
    """One lab's row."""
    metrics, (seconds, pictures) = outputs["metrics"], speed(outputs)
    return {
        words["accuracy"]: metrics["accuracy"], words["macro_f1"]: metrics["macro_f1"],
        words["seconds"]: seconds, words["speed"]: pictures,
    }


summary = pd.DataFrame({lab: line(outputs) for lab, outputs in found.items()}).T.astype(float)
summary.round(3)

# %%
figure, axes = plt.subplots(1, 4, figsize=(13, 3.4), layout="constrained")
for axis, column in zip(axes, summary):
    axis.bar(summary.index, summary[column], color="tab:blue")
    axis.set_title(column)
    axis.tick_params(axis="x", rotation=90)
plt.show()

# %%
tables = {lab: {name: read(outputs["scored"] + f"{name}.csv") for name in ("per_class", "confusion", "predictions")}
          for lab, outputs in found.items()}
tables = {
    lab: {name: pd.read_csv(io.BytesIO(content)) for name, content in of_lab.items()}
    for lab, of_lab in tables.items() if all(of_lab.values())
}
per_class = pd.DataFrame({lab: of_lab["per_class"].set_index("class")["f1"] for lab, of_lab in tables.items()})
per_class.round(2)

# %% [markdown] name="classes"
# Where one class is hard for all, look at its pictures. Where it is hard for one only, look at that lab.

# %%
figure, axis = plt.subplots(figsize=(9, 3.6), layout="constrained")
if not per_class.empty:
    per_class.plot.bar(ax=axis, width=0.8).legend(loc="center left", bbox_to_anchor=(1, 0.5))
axis.set(xlabel="", ylabel=words["f1"], ylim=(0, 1.02))
plt.show()

# %%
figure, axes = plt.subplots(1, max(len(tables), 2), figsize=(4.2 * max(len(tables), 2), 4.4), layout="constrained")
for axis, (lab, of_lab) in zip(axes, tables.items()):
    confusion = of_lab["confusion"].set_index("class")
    axis.imshow(confusion, cmap="Blues")
    axis.set_xticks(range(len(confusion)), confusion.columns, rotation=90, fontsize=8)
    axis.set_yticks(range(len(confusion)), confusion.index, fontsize=8)
    axis.set(title=lab, xlabel=words["said"])
axes[0].set_ylabel(words["is"])
plt.show()

# %% [markdown] name="pairs"
# ## Is the difference a difference?
#
# Two accuracies of .90 and .93 on 99 pictures differ by three pictures. Compare two models **picture by picture**: those
# that both get right, or both get wrong, say nothing. What is left are the pictures on which exactly one is right. If
# the models were equally good, each of these would be a toss of a coin. How likely is it that the coin falls so often on
# one side? This is McNemar's test (1947), in its exact form.

# %%
from math import comb


def by_chance(first, second):
    """Chance that a coin falls as unevenly as this, or more."""
    tosses, fewer = first + second, min(first, second)
    return min(1.0, 2 * sum(comb(tosses, heads) for heads in range(fewer + 1)) / 2**tosses)


right = pd.DataFrame({
    lab: (of_lab["predictions"]["predicted"] == of_lab["predictions"]["class"]).set_axis(of_lab["predictions"]["file"])
    for lab, of_lab in tables.items()
}).dropna().astype(bool)

# %%
rows = []
for one, other in combinations(right.columns, 2):
    alone, against = int((right[one] & ~right[other]).sum()), int((right[other] & ~right[one]).sum())
    rows.append({
        "A": one, "B": other, words["both"]: int((right[one] & right[other]).sum()),
        words["only"].format(lab="A"): alone, words["only"].format(lab="B"): against,
        words["neither"]: int((~right[one] & ~right[other]).sum()), words["chance"]: round(by_chance(alone, against), 4),
    })
pd.DataFrame(rows)

# %% [markdown] name="verdict"
# A chance of one half says: with these pictures nobody can tell. A chance of one in a thousand says: it is not luck. It
# does not say that the difference matters. That is decided by what a mistake costs, what the training costs, and by
# whom you can ask when it breaks.
#
# What to try next: the same labs on more pictures (`PER_CLASS`); two runs of one lab with different seeds (how large is
# the difference between a model and itself?).

# %% [markdown] name="exercise" tags=["exercise"]
# ## Exercise
#
# Write `tosses`: it gets two lists of truth values (was the picture right?) and returns how many pictures only the
# first and only the second model gets right. The function below counts how many each gets right at all.

# %% tags=["exercise"]
def tosses(first, second):
    """Pictures that only the first, and only the second, gets right."""
    return sum(first), sum(second)

# %% tags=["solution"]
def tosses(first, second):
    """Pictures that only the first, and only the second, gets right."""
    pairs = list(zip(first, second))
    return sum(a and not b for a, b in pairs), sum(b and not a for a, b in pairs)

# %% tags=["check"]
try:
    dice = np.random.default_rng(3)
    ours, theirs = dice.random(40) < 0.8, dice.random(40) < 0.6
    solved = tuple(tosses([True, True, False, False], [True, False, True, False])) == (1, 1)
    solved = solved and tuple(tosses(ours, theirs)) == (int((ours & ~theirs).sum()), int((theirs & ~ours).sum()))
except Exception:
    solved = False
print(words["right"] if solved else words["not_yet"])

# %% [markdown] name="clean-up"
# ## Clean up
#
# This notebook only read. There is nothing to delete; the outputs of the labs stay for the next time you open it.

# %% tags=["clean-up"]
print(sorted(found))
