# %% [markdown]
# # Customer churn with XGBoost
#
# A telephone company wants to know which customers are about to leave, early enough to make them an offer. You will
# look at 5,000 customers, train a model on SageMaker, put it behind an endpoint, ask it about customers it has never
# seen, and find out what it goes by.
#
# The scripts beside this notebook (`prepare.py`, `train.py`, `infer.py`) are the ones the class's pipeline runs, so
# what you learn here is what runs there.

# %%
import io
import json
import tarfile
from datetime import datetime, timezone
from pathlib import Path

import boto3
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

# %% [markdown]
# Every seat of the class has its own bucket, role and tags; they are written down in `seat.json`. Whatever you create
# must begin with your seat's name and carry its tags: the role refuses anything else, and at the end of class they
# are how your things are told from everybody else's.

# %%
seat = json.loads((Path.home() / "SageMaker/.classlab/seat.json").read_text())
name = f"{seat['stack']}--churn"
started = datetime.now(timezone.utc).strftime("%Y%m%d%H%M%S")
s3 = boto3.client("s3")
print(f"seat {seat['stack']}, bucket {seat['bucket']}, region {seat['region']}")

# %% [markdown]
# ## The data
#
# The file lies in the class's bucket. Each row is a customer: where they live, which plans they have, how much they
# call by day, evening and night and abroad, how often they called customer service, and whether they left.

# %%
raw = Path("data/churn.csv")
raw.parent.mkdir(exist_ok=True)
s3.download_file(seat["class_bucket"], "data/churn.csv", str(raw))
customers = pd.read_csv(raw)
print(customers.shape)
customers.head()

# %% [markdown]
# First questions to any table: are cells missing, what range do the numbers have, how many of each class are there?

# %%
print(customers.isna().sum().sum(), "empty cells")
print(customers["Churn?"].value_counts(normalize=True).round(3).to_string())
customers.describe().T.round(2)

# %% [markdown]
# About half of the customers left, so accuracy means something here. Where only one in a hundred leaves, a model that
# always says "stays" is 99 % accurate and useless.

# %%
columns = ["Day Mins", "Day Charge", "Eve Mins", "Intl Mins", "Intl Charge", "CustServ Calls"]
figure, axes = plt.subplots(2, 3, figsize=(12, 6), layout="constrained")
for axis, column in zip(axes.flat, columns):
    for label, group in customers.groupby("Churn?"):
        axis.hist(group[column], bins=25, alpha=0.5, label=label)
    axis.set(title=column)
axes[0, 0].legend(title="Churn?")
plt.show()

# %% [markdown]
# No single column separates the two groups. Do the columns repeat each other? Only numbers can be correlated, so the
# text columns are left out explicitly.

# %%
correlation = customers.drop(columns="Area Code").corr(numeric_only=True)
figure, axis = plt.subplots(figsize=(8, 7), layout="constrained")
image = axis.imshow(correlation, vmin=-1, vmax=1, cmap="RdBu_r")
axis.set_xticks(range(len(correlation)), correlation.columns, rotation=90)
axis.set_yticks(range(len(correlation)), correlation.columns)
figure.colorbar(image)
plt.show()

# %% [markdown]
# ## Preparing
#
# State, area code and phone number say who somebody is and nothing about what they do, so they go. The label and the
# two plans become 0 and 1. `prepare.py` checks every cell first: try it with a letter in a number, and read the error.
#
# The split is made **once**: 80 % to train, 10 % to decide when to stop, 10 % to test at the very end. It is
# stratified, so that each part has the same share of leavers. Nothing is ever tuned on the test rows: a score on rows
# that helped to choose the model is no score.

# %%
from prepare import LABEL, read_churn, split, write

parts = split(read_churn(raw))
write(parts, Path("data/prepared"))
pd.DataFrame({part: {"rows": len(rows), "churn": rows[LABEL].mean()} for part, rows in parts.items()}).T

# %%
for part in ("train", "validation"):
    s3.upload_file(f"data/prepared/{part}/{part}.csv", seat["bucket"], f"churn/{part}/{part}.csv")

# %% [markdown]
# ## Training on SageMaker
#
# The notebook only describes the job. SageMaker starts a machine with its XGBoost image, brings `train.py` and the two
# channels there, runs it, and stores the model in your bucket. You pay for the minutes the job takes, so it may have a
# machine that you would not keep running.
#
# Early stopping needs rows the trees are not grown on: training goes on while the **validation** loss falls. Without
# such rows there is nothing to stop on, and the model learns its training rows by heart.

# %%
from sagemaker.core import image_uris
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, SourceCode, StoppingCondition, Tag

image = image_uris.retrieve("xgboost", seat["region"], version="3.2-0")
trainer = ModelTrainer(
    training_image=image,
    source_code=SourceCode(source_dir=".", entry_script="train.py", ignore_patterns=["data", "*.ipynb", "__pycache__"]),
    hyperparameters={"max_depth": 6, "early_stopping_rounds": 60},
    compute=Compute(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=10),
    stopping_condition=StoppingCondition(max_runtime_in_seconds=900),
    base_job_name=name,
    role=seat["role_arn"],
    tags=[Tag(key=tag["Key"], value=tag["Value"]) for tag in seat["tags"]],
)

# %%
channels = [InputData(channel_name=part, data_source=f"s3://{seat['bucket']}/churn/{part}/") for part in ("train", "validation")]
trainer.train(input_data_config=channels)
job = trainer._latest_training_job
print(job.training_job_name, job.training_job_status)

# %% [markdown]
# `train.py` wrote how good the model is on the validation rows beside the model.

# %%
def from_archive(uri, member):
    """The content of one file of a tar.gz in S3."""
    bucket, key = uri.removeprefix("s3://").split("/", 1)
    content = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return archive.extractfile(member).read()

evaluation = json.loads(from_archive(trainer.output_data, "evaluation.json"))
evaluation

# %% [markdown]
# AUC and accuracy are different things. **AUC** is how often a leaver gets a higher probability than a stayer; it
# needs no cut-off. **Accuracy** is how often the decision is right, and depends on where you cut.
#
# ## An endpoint
#
# A model in S3 answers nobody. An endpoint is a machine that holds it and answers over HTTPS. SageMaker knows three
# things: the **model** (image, artifact, code), the **endpoint configuration** (which model on which machine), and the
# **endpoint** itself, which runs, and costs, until somebody deletes it.

# %%
with tarfile.open("data/infer.tar.gz", "w:gz") as archive:
    archive.add("infer.py")
s3.upload_file("data/infer.tar.gz", seat["bucket"], "churn/infer.tar.gz")

# %%
from sagemaker.core.resources import Endpoint, EndpointConfig, Model
from sagemaker.core.shapes import ContainerDefinition, ProductionVariant

tags = [{"key": tag["Key"], "value": tag["Value"]} for tag in seat["tags"]]
artifact = job.model_artifacts.s3_model_artifacts
code = {"SAGEMAKER_PROGRAM": "infer.py", "SAGEMAKER_SUBMIT_DIRECTORY": f"s3://{seat['bucket']}/churn/infer.tar.gz"}
container = ContainerDefinition(image=image, model_data_url=artifact, environment=code)
unique = f"{name}-{started}"
model = Model.create(model_name=unique, primary_container=container, execution_role_arn=seat["role_arn"], tags=tags)

# %%
variant = ProductionVariant(
    variant_name="AllTraffic", model_name=unique, instance_type="ml.m5.large", initial_instance_count=1
)
configuration = EndpointConfig.create(endpoint_config_name=unique, production_variants=[variant], tags=tags)
endpoint = Endpoint.create(endpoint_name=unique, endpoint_config_name=unique, tags=tags)
endpoint.wait_for_status("InService")

# %% [markdown]
# Ask about the customers of the test set: one line of 17 numbers each, and one probability each comes back.

# %%
test = parts["test"].drop(columns=LABEL)
truth = parts["test"][LABEL].to_numpy()
answer = endpoint.invoke(body=test.to_csv(index=False, header=False), content_type="text/csv", accept="text/csv")
probability = np.array(answer.body.read().decode().split(), dtype=float)
assert len(probability) == len(truth)
probability[:5].round(3)

# %% [markdown]
# ## How good is it?

# %%
from sklearn.metrics import ConfusionMatrixDisplay, RocCurveDisplay, accuracy_score, roc_auc_score

auc = roc_auc_score(truth, probability)
print(f"test AUC {auc:.4f}, validation AUC {evaluation['auc']:.4f}")
print(f"test accuracy {accuracy_score(truth, probability >= 0.5):.4f} at a cut-off of 0.5")
RocCurveDisplay.from_predictions(truth, probability)
plt.show()
assert auc > 0.95, "much worse than on the validation rows: something is wrong with the split or the serving code"

# %% [markdown]
# The AUC must be taken of the **probabilities**. Of decisions (0 or 1) it would be the AUC of one point of this curve.
#
# A cut-off is a choice of the business: an offer to somebody who would have stayed costs a little, a customer who
# leaves costs much. Compare both mistakes at two cut-offs. (Which one is better is decided on validation rows too:
# here we only look.)

# %%
figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
for axis, cut_off in zip(axes, (0.5, 0.2)):
    decisions = (probability >= cut_off).astype(int)
    ConfusionMatrixDisplay.from_predictions(truth, decisions, display_labels=["stays", "leaves"], ax=axis, colorbar=False)
    axis.set(title=f"cut-off {cut_off}")
plt.show()

# %% [markdown]
# ## What does it go by?
#
# The model is a file like any other: download it, and it answers here as it does behind the endpoint.

# %%
import xgboost as xgb

booster = xgb.Booster(model_file=bytearray(from_archive(artifact, "model.json")))
local = booster.predict(xgb.DMatrix(test))
assert np.allclose(local, probability, atol=1e-4), "the endpoint and the file disagree"
print(f"{booster.num_boosted_rounds()} trees")

# %% [markdown]
# SHAP values split each prediction into what every column contributed to it. Each dot is a customer; to the right it
# pushed towards leaving. Red is a high value of the column, blue a low one.

# %%
import shap

values = shap.TreeExplainer(booster)(test)
shap.plots.beeswarm(values, max_display=12)

# %% [markdown]
# One customer at a time: why does the model think that the likeliest leaver will go?

# %%
shap.plots.waterfall(values[int(probability.argmax())], max_display=10)

# %% [markdown]
# ## What now stands
#
# An endpoint, its configuration and its model. This notebook has no cell that deletes them, on purpose: in a real
# class somebody always forgets, and the endpoint then costs money through the night. The end of this class must cope
# with that: it finds what carries your seat's tags or runs under your role, and removes it. In your own account nobody
# does that for you: `Endpoint.get(name).delete()` and the same for the other two.

# %%
print(f"left running: endpoint, endpoint configuration and model {unique}")
