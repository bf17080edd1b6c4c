# %% [markdown] name="intro"
# # New lab
#
# When is a fruit ripe? You will look at measurements of 1,000 fruits, train a model on SageMaker and see how good it
# is. `prepare.py` and `train.py` beside this notebook are the ones that the class's pipeline runs.

# %%
import io
import json
import tarfile
from pathlib import Path

import boto3
import matplotlib.pyplot as plt
import pandas as pd

# %% name="words"
words = {
    "length_mm": "length in mm",
    "sugar_percent": "sugar in %",
    "no": "not ripe",
    "yes": "ripe",
    "right": "right",
    "not_yet": "not yet: compare the column with 10, then take the mean of ripe == 'yes' over the rows that are left",
    "removed": "objects removed:",
}

# %% [markdown] name="seat"
# Every seat of the class has its own bucket, role and tags; they are written down in `seat.json`. What the lab's
# manifest says of images and machines stands in `lab.json`.

# %%
seat = json.loads((Path.home() / "SageMaker/.classlab/seat.json").read_text())
lab = json.loads(Path("lab.json").read_text())
name = f"{seat['stack']}--{lab['name']}"
s3 = boto3.client("s3")

# %% [markdown] name="data"
# ## The data
#
# The file lies in the class's bucket. First questions to any table: how many rows, are cells missing, how many of each
# class?

# %%
raw = Path("data/new_lab.csv")
raw.parent.mkdir(exist_ok=True)
s3.download_file(seat["class_bucket"], "data/new_lab.csv", str(raw))
fruits = pd.read_csv(raw)
print(fruits.shape, fruits.isna().sum().sum(), fruits["ripe"].value_counts().to_dict())
fruits.head()

# %%
figure, axis = plt.subplots(figsize=(7, 4), layout="constrained")
for label, group in fruits.groupby("ripe"):
    axis.scatter(group["length_mm"], group["sugar_percent"], s=8, label=words[label])
axis.set(xlabel=words["length_mm"], ylabel=words["sugar_percent"])
axis.legend()
plt.show()

# %% [markdown] name="prepare"
# ## Preparing
#
# `prepare.py` checks every cell and splits **once**: 80 % to train, 10 % to watch the training, 10 % to test at the
# very end. Put a letter into a number of the file and read the error.

# %%
from prepare import read, split, write

parts = split(read(raw), seed=2026)
write(parts, Path("data/prepared"))
for part in ("train", "validation"):
    s3.upload_file(f"data/prepared/{part}/{part}.csv", seat["bucket"], f"{lab['name']}/{part}/{part}.csv")
{part: len(rows) for part, rows in parts.items()}

# %% [markdown] name="train"
# ## Training on SageMaker
#
# The notebook only describes the job. SageMaker starts a machine, brings `train.py` and the two channels there, runs
# it, and stores the model in your bucket.

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
folder = f"s3://{seat['bucket']}/{lab['name']}"
trainer.train(input_data_config=[InputData(channel_name=part, data_source=f"{folder}/{part}/") for part in ("train", "validation")])

# %% [markdown] name="evaluation"
# `train.py` wrote how good the model is on the validation rows beside the model.

# %%
bucket, key = trainer.output_data.removeprefix("s3://").split("/", 1)
content = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
with tarfile.open(fileobj=io.BytesIO(content)) as archive:
    evaluation = json.load(archive.extractfile("evaluation.json"))
evaluation

# %% [markdown] name="exercise"
# ## Exercise
#
# Which share of the fruits with more than 10 % sugar is ripe? Replace the 0 by an expression.

# %% tags=["exercise"]
share = 0

# %% tags=["solution"]
share = (fruits[fruits["sugar_percent"] > 10]["ripe"] == "yes").mean()

# %% tags=["check"]
expected = (fruits.query("sugar_percent > 10")["ripe"] == "yes").mean()
print(words["right"] if abs(float(share) - expected) < 0.001 else words["not_yet"])

# %% [markdown] name="clean-up"
# ## Clean-up
#
# The job has ended by itself. What this notebook put into your bucket is removed here; run the cell as often as you
# like.

# %% tags=["clean-up"]
pages = s3.get_paginator("list_objects_v2").paginate(Bucket=seat["bucket"], Prefix=f"{lab['name']}/")
keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
for key in keys:
    s3.delete_object(Bucket=seat["bucket"], Key=key)
print(words["removed"], len(keys))
