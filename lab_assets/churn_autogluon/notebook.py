# %% [markdown] name="intro"
# # Customer churn with AutoGluon
#
# In the lab before this one you chose one kind of model, its depth and its step size, and trained it. **AutoGluon**
# does the choosing: it trains several kinds of models on the same table, looks at how good each one is, and lets the
# good ones vote. You will train it on SageMaker, read its leaderboard, ask which columns it needs, put it behind an
# endpoint, and find out whether it is really better than your XGBoost model, on the very same customers.
#
# It also is a lesson in doubting numbers: what is measured on 500 customers is uncertain, and today you draw how much.

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
from botocore.exceptions import ClientError

# %% [markdown] name="words-above"
# The words of plots and messages stand in one place, so that this notebook exists in several languages.

# %% name="words"
words = {
    "missing": "Lab {lab} has left nothing in your bucket yet: run it, or ask your instructor for `classlab jump {me}`.",
    "calls": "calls to customer service",
    "share": "share of customers who left",
    "auc": "AUC on the validation rows",
    "seconds": "seconds of training",
    "importance": "AUC lost when the column is shuffled (bars: 99 % interval)",
    "false_alarms": "stayers taken for leavers",
    "found": "leavers found",
    "difference": "AUC of AutoGluon minus AUC of XGBoost",
    "resamples": "resamples",
    "not_yet": "not yet: compare the end `low` of each interval with zero, and return the names as a list",
    "right": "right: these columns could as well be noise, and the model would not notice",
}

# %% name="more-words"
words |= {
    "seat": "seat {stack}, bucket {bucket}, region {region}",
    "rows": "rows", "columns": "columns", "accuracy": "accuracy",
    "disagree": "the endpoint and the file disagree",
    "logs": "logs",
}

# %% [markdown] name="seat"
# Your seat's bucket, role and tags are in `seat.json`, the lab's images and settings in `lab.json`. Whatever you create
# begins with your seat's name and carries its tags: the role refuses anything else.

# %%
seat = json.loads((Path.home() / "SageMaker/.classlab/seat.json").read_text())
lab = json.loads(Path("lab.json").read_text())
name = f"{seat['stack']}--autogluon"
unique = f"{name}-{datetime.now(timezone.utc):%Y%m%d%H%M%S}"
s3 = boto3.client("s3")
print(words["seat"].format(**seat))

# %% [markdown] name="earlier"
# ## What the lab before has left
#
# Labs hand on their results through your bucket: `outputs/churn-xgboost.json` says where the prepared tables and the
# model are, and how good that model was. No variable of another notebook is needed, so you may begin here tomorrow.

# %%
key = f"outputs/{lab['starts_from']}.json"
try:
    earlier = json.loads(s3.get_object(Bucket=seat["bucket"], Key=key)["Body"].read())
except ClientError as error:
    raise RuntimeError(words["missing"].format(lab=lab["starts_from"], me=lab["name"])) from error
pd.Series(earlier["metrics"]).round(4)

# %%
def fetch(uri, folder):
    """Every object below an S3 prefix, as files."""
    bucket, prefix = uri.removeprefix("s3://").split("/", 1)
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            target = folder / item["Key"].removeprefix(prefix)
            target.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file(bucket, item["Key"], str(target))


fetch(earlier["prepared"], Path("data/earlier"))
sorted(str(path) for path in Path("data/earlier").rglob("*.csv"))

# %% [markdown] name="prepare"
# ## Tables for AutoGluon
#
# The split is **not** made again: whoever splits twice compares two models on different customers, and may find test
# rows of one model among the training rows of the other. `prepare.py` takes the parts as they are and checks them.
#
# One thing changes. XGBoost needs numbers, so the two plans had become 0 and 1. AutoGluon chooses the encoding of words
# for each kind of model (CatBoost likes other ones than LightGBM), so it gets the words.

# %%
from prepare import LABEL, read_prepared, write

parts = read_prepared(Path("data/earlier"))
write(parts, Path("data/prepared"))
pd.DataFrame({part: {words["rows"]: len(rows), words["columns"]: rows.shape[1]} for part, rows in parts.items()}).T

# %%
customers = parts["train"]
customers.head()

# %% [markdown] name="look"
# Look before you train. How does the share of leavers change with the calls to customer service? If the line were
# flat, the column would tell nothing on its own (together with others it might).

# %%
share = customers.groupby("CustServ Calls")[LABEL].mean()
figure, axis = plt.subplots(figsize=(7, 3.5), layout="constrained")
axis.plot(share.index, share, marker="o")
axis.set(xlabel=words["calls"], ylabel=words["share"], ylim=(0, 1))
plt.show()

# %%
for part in ("train", "validation"):
    s3.upload_file(f"data/prepared/{part}/{part}.csv", seat["bucket"], f"autogluon/{part}/{part}.csv")

# %% [markdown] name="training"
# ## Training on SageMaker
#
# The image is the one of AutoGluon now, everything else you know: a script, two channels, a machine that exists while
# the job runs. Two settings matter:
#
# - `presets` says how hard to try. `medium` trains each model once. `good`, `high` and `best` train every model on
#   several folds of the training rows: better by a little, slower by much.
# - `time_limit` is in seconds. AutoGluon leaves out what would not fit: a slow machine then gives another model than a
#   fast one. `medium` needs about half a minute, so the limit is only a brake.
#
# The validation rows decide when each model stops and how much its vote counts. Neural networks are left out: on 4,000
# rows they take minutes and add nothing.

# %%
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, SourceCode, StoppingCondition, Tag

instance = lab["instance_types"]["train"]
trainer = ModelTrainer(
    training_image=lab["images"]["train"],
    source_code=SourceCode(source_dir=".", entry_script="train.py", ignore_patterns=["data", "*.ipynb", "__pycache__"]),
    hyperparameters=lab["hyperparameters"],
    compute=Compute(instance_type=instance, instance_count=1, volume_size_in_gb=10),
    stopping_condition=StoppingCondition(max_runtime_in_seconds=1800),
    base_job_name=name,
    role=seat["role_arn"],
    tags=[Tag(key=tag["Key"], value=tag["Value"]) for tag in seat["tags"]],
)

# %%
where = f"s3://{seat['bucket']}/autogluon"
channels = [InputData(channel_name=part, data_source=f"{where}/{part}/") for part in ("train", "validation")]
trainer.train(input_data_config=channels)
job = trainer._latest_training_job
print(job.training_job_name, job.training_job_status)

# %% [markdown] name="evaluation"
# Beside the model the job left three files: `evaluation.json`, `leaderboard.csv` and `importance.csv`.

# %%
def unpack(uri, folder):
    """The files of a tar.gz in S3."""
    bucket, key = uri.removeprefix("s3://").split("/", 1)
    content = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        archive.extractall(folder, filter="data")
    return Path(folder)


results = unpack(trainer.output_data, "data/results")
evaluation = json.loads((results / "evaluation.json").read_text())
evaluation

# %% [markdown] name="f1"
# Look at `f1`. It is the F1 score: the harmonic mean of precision and recall. A notebook that this lab descends from
# printed "F1" and showed something else, the AUC of decisions instead of probabilities. Both were near 0.96, so nobody
# noticed. When two numbers that you print are suspiciously alike, compute one of them by hand.
#
# ## The leaderboard
#
# Each model by its AUC on the validation rows, with the seconds its training took.

# %%
board = pd.read_csv(results / "leaderboard.csv")
figure, axes = plt.subplots(1, 2, figsize=(11, 4), sharey=True, layout="constrained")
for axis, column, label in zip(axes, ("score_val", "fit_time"), ("auc", "seconds")):
    axis.barh(board["model"], board[column])
    axis.set(xlabel=words[label])
axes[0].set(xlim=(board["score_val"].min() - 0.002, 1))
axes[0].invert_yaxis()
plt.show()
board.round(4)

# %% [markdown] name="board-read"
# Read it with care:
#
# - `WeightedEnsemble_L2` is the vote of some of the others. Its weights were chosen on the same rows that its score is
#   from, so it cannot be worse than the best of them **here**; on new customers it can.
# - Its training time holds those of the models that it asks. So does the time to answer (`pred_time_val`).
# - The axis on the left does not begin at zero. With 500 rows, differences in the third decimal are mostly chance.

# %% [markdown] name="importance"
# ## Which columns does it need?
#
# **Permutation importance** asks a simple question: if the cells of one column are shuffled among the customers, how
# much AUC is lost? The model stays as it is, only that column becomes noise. It works for every kind of model.
#
# One shuffle is one throw of dice, so the job shuffled each column ten times. The error bars are the 99 % interval of
# the mean over these shuffles. A bar that reaches zero says: perhaps this column is not used at all.

# %%
importance = pd.read_csv(results / "importance.csv")
figure, axis = plt.subplots(figsize=(8, 5.5), layout="constrained")
spread = np.abs(importance[["low", "high"]].to_numpy().T - importance["importance"].to_numpy())
axis.barh(importance["feature"], importance["importance"], xerr=spread, capsize=3)
axis.axvline(0, color="black", linewidth=0.8)
axis.set(xlabel=words["importance"])
axis.invert_yaxis()
plt.show()

# %%
importance.round(5)

# %% [markdown] name="importance-read"
# `p_value` is how likely such shuffles would be if the column meant nothing. Three warnings:
#
# - The interval tells how sure we are of the mean over **shuffles**. That there are only 500 validation customers is
#   not in it.
# - Two columns that say the same protect each other: shuffle one, and the model still has the other. Both then look
#   unimportant, and leaving out both would hurt.
# - Important for the model is not the cause. Calling customer service makes nobody leave; something made them call.

# %% [markdown] name="endpoint"
# ## An endpoint
#
# `train.py` put the serving code (`infer.py`) into the model archive as `code/inference.py`, where this image looks for
# it. So the model needs only its image and its archive.

# %%
from sagemaker.core.resources import Endpoint, EndpointConfig, Model
from sagemaker.core.shapes import ContainerDefinition, ProductionVariant

tags = [{"key": tag["Key"], "value": tag["Value"]} for tag in seat["tags"]]
artifact = job.model_artifacts.s3_model_artifacts
code = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
container = ContainerDefinition(image=lab["images"]["infer"], model_data_url=artifact, environment=code)
model = Model.create(model_name=unique, primary_container=container, execution_role_arn=seat["role_arn"], tags=tags)

# %%
variant = ProductionVariant(
    variant_name="AllTraffic",
    model_name=unique,
    instance_type=lab["instance_types"]["infer"],
    initial_instance_count=1,
)
EndpointConfig.create(endpoint_config_name=unique, production_variants=[variant], tags=tags)
endpoint = Endpoint.create(endpoint_name=unique, endpoint_config_name=unique, tags=tags)
endpoint.wait_for_status("InService")

# %% [markdown] name="ask"
# Ask about the test customers, words and all. Then make a mistake on purpose: a plan that does not exist. AutoGluon
# would take an unknown word for a missing one and answer anyway; `infer.py` refuses it, because a wrong answer that
# looks right is worse than none.

# %%
test, truth = parts["test"], parts["labels"][LABEL].to_numpy()
answer = endpoint.invoke(body=test.to_csv(index=False, header=False), content_type="text/csv", accept="text/csv")
autogluon = np.array(answer.body.read().decode().split(), dtype=float)
assert len(autogluon) == len(truth)
autogluon[:5].round(3)

# %%
line = test.head(1).assign(**{"Int'l Plan": "maybe"}).to_csv(index=False, header=False)
try:
    endpoint.invoke(body=line, content_type="text/csv", accept="text/csv")
except ClientError as error:
    print(error.response["Error"]["Message"][:300])

# %% [markdown] name="local"
# The model is files like any other. Loaded here, with the same version of AutoGluon, it must answer the same.

# %%
import infer

here = infer.model_fn(str(unpack(artifact, "data/model")))
local = infer.predict_fn(infer.input_fn(test.to_csv(index=False, header=False), "text/csv"), here)
assert np.allclose(local, autogluon, atol=1e-4), words["disagree"]
here.predictor.model_best

# %% [markdown] name="comparison"
# ## Is it better than XGBoost?
#
# The model of the lab before lies in your bucket too. It answers for the same test customers, in the same order, which
# is why the split was made once.

# %%
import xgboost as xgb

booster = xgb.Booster(model_file=str(unpack(earlier["artifact"], "data/earlier-model") / "model.json"))
numbers = pd.concat([pd.read_csv(file, header=None) for file in sorted(Path("data/earlier/test").glob("*.csv"))])
numbers.columns = booster.feature_names
xgboost = booster.predict(xgb.DMatrix(numbers))
assert len(xgboost) == len(truth)

# %%
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score, roc_curve

answers = {"XGBoost": xgboost, "AutoGluon": autogluon}
table = {
    who: {
        "AUC": roc_auc_score(truth, probability),
        words["accuracy"]: accuracy_score(truth, probability >= 0.5),
        "F1": f1_score(truth, probability >= 0.5),
    }
    for who, probability in answers.items()
}
pd.DataFrame(table).T.round(4)

# %%
figure, axis = plt.subplots(figsize=(5.5, 5.5), layout="constrained")
for who, probability in answers.items():
    false_alarms, found, _ = roc_curve(truth, probability)
    axis.plot(false_alarms, found, label=f"{who}: AUC {table[who]['AUC']:.4f}")
axis.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
axis.set(xlabel=words["false_alarms"], ylabel=words["found"])
axis.legend(loc="lower right")
plt.show()

# %% [markdown] name="bootstrap"
# The curves lie nearly on each other. Is the difference more than chance? The **bootstrap** answers without theory:
# draw 500 customers from the 500, with repetition, and compute the difference again; two thousand times. How much the
# difference varies over these draws is how much it would vary over other customers.
#
# Both models are asked about the same draw each time. A hard draw is hard for both, so it cancels in the difference:
# a comparison in pairs sees much smaller differences than two separate intervals do.

# %%
dice = np.random.default_rng(2026)
differences = []
while len(differences) < 2000:
    drawn = dice.integers(len(truth), size=len(truth))
    if truth[drawn].min() < truth[drawn].max():
        differences.append(roc_auc_score(truth[drawn], autogluon[drawn]) - roc_auc_score(truth[drawn], xgboost[drawn]))
low, high = np.quantile(differences, [0.025, 0.975])
print(f"{table['AutoGluon']['AUC'] - table['XGBoost']['AUC']:+.4f}, 95 %: {low:+.4f} … {high:+.4f}")

# %%
figure, axis = plt.subplots(figsize=(7, 3.5), layout="constrained")
axis.hist(differences, bins=40)
axis.axvline(0, color="black", linewidth=0.8)
axis.axvspan(low, high, alpha=0.2)
axis.set(xlabel=words["difference"], ylabel=words["resamples"])
plt.show()

# %% [markdown] name="verdict"
# If zero lies inside the shaded interval, these 500 customers cannot tell the two models apart, whatever the fourth
# decimal says. Then other things decide. The XGBoost model is one file, answers in a fraction of the time and can be
# explained customer by customer; AutoGluon took no choosing, and tells you within minutes how good a model of your own
# should be. As a first look at a new table that is worth a lot.
#
# What to try next: `presets="good"` with a longer `time_limit` (does the test AUC move by more than the interval is
# wide?); the leaderboard of the **test** rows (would you have chosen the same model?).

# %% [markdown] name="exercise" tags=["exercise"]
# ## Exercise
#
# Which columns could be left out? Write `can_go`: it gets a table like `importance` and returns the names of the
# columns whose 99 % interval reaches down to zero.

# %% tags=["exercise"]
def can_go(importance):
    """Names of the columns that may be worth nothing."""
    return []


can_go(importance)

# %% tags=["solution"]
def can_go(importance):
    """Names of the columns that may be worth nothing."""
    return list(importance.loc[importance["low"] <= 0, "feature"])


can_go(importance)

# %% tags=["check"]
sample = pd.DataFrame({"feature": ["a", "b", "c", "d"], "importance": [0.02, 0.001, -0.003, 0.004]})
sample = sample.assign(low=[0.01, -0.001, -0.005, 0.003], high=[0.03, 0.003, -0.001, 0.005])
try:
    solved = sorted(can_go(sample)) == ["b", "c"]
except Exception:
    solved = False
print(words["right"] if solved else words["not_yet"])

# %% [markdown] name="clean-up"
# ## Clean up
#
# An endpoint costs money until somebody deletes it, whether or not it is asked anything. Delete what you made: the
# endpoint, its configuration, the model, and last the endpoint's logs. Running the cell twice does no harm.

# %% tags=["clean-up"]
sagemaker, logs = boto3.client("sagemaker"), boto3.client("logs")
for kind in ("endpoint", "endpoint_config", "model"):
    member = "".join(part.capitalize() for part in kind.split("_")) + "Name"
    try:
        getattr(sagemaker, f"delete_{kind}")(**{member: unique})
        print(kind, unique)
    except ClientError as error:
        print(kind, error.response["Error"]["Message"])
sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=unique, WaiterConfig={"Delay": 5})
try:  # its logs too: without the endpoint nothing proves whose they are
    logs.delete_log_group(logGroupName=f"/aws/sagemaker/Endpoints/{unique}")
except ClientError as error:
    print(words["logs"], error.response["Error"]["Message"])
