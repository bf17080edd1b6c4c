# %% [markdown] name="intro"
# # Customer churn with XGBoost
#
# A telephone company wants to know which customers are about to leave, early enough to make them an offer. You will
# look at 5,000 customers, train a model on SageMaker, decide from what probability on an offer pays, find out what the
# model goes by, let SageMaker search for better settings, and put two models side by side behind one endpoint.
#
# The scripts beside this notebook (`prepare.py`, `train.py`, `infer.py`, `score.py`) are the ones the class's pipeline
# runs, so what you learn here is what runs there.

# %%
import io
import json
import shutil
import tarfile
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path

import boto3
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

# %% [markdown] name="words-intro"
# The words of the plots stand in one place, so that the code below is the same in every language.

# %% name="words"
words = {
    "stays": "stays", "leaves": "leaves", "validation": "validation", "test": "test", "training": "training",
    "spread": "spread of the share", "by_chance": "spread by chance", "round": "trees", "loss": "log loss",
    "best": "best round", "cut_off": "cut-off", "cost": "cost", "chosen": "chosen on validation",
    "bothered": "share of stayers bothered", "caught": "share of leavers caught",
    "precision": "share of leavers among those called", "truth": "truth", "decision": "decision",
    "requests": "requests", "traffic": "who answered", "gone": "deleted", "not_there": "not there",
    "kept": "the outputs of your pipeline run stay: they were measured in the same way",
    "written": "later labs can start from the results of this notebook",
    "right": "right: with these prices an offer pays from {:.2f} on",
    "not_yet": "not yet: take the cost at every value of `cut_offs`, with the prices given, and return the cheapest",
}  # fmt: skip

# %% name="more-words"
words |= {
    "seat": "seat {stack}, bucket {bucket}, region {region}",
    "type": "type", "empty": "missing", "different": "different", "least": "least", "most": "most",
    "bad_score": "much worse than on the validation rows: something is wrong with the split or the model",
    "disagree": "the endpoint and the file disagree",
    "logs": "logs",
}  # fmt: skip

# %% [markdown] name="seat"
# Every seat of the class has its own bucket, role and tags; they are written down in `seat.json`. Whatever you create
# must begin with your seat's name and carry its tags: the role refuses anything else, and at the end of class they
# are how your things are told from everybody else's. `lab.json` says which images and machines this lab uses.

# %%
seat = json.loads((Path.home() / "SageMaker/.classlab/seat.json").read_text())
lab = json.loads(Path("lab.json").read_text())
started = datetime.now(timezone.utc).strftime("%Y%m%d%H%M%S")
name = f"{seat['stack']}--churn"
unique = f"{name}-{started}"
s3 = boto3.client("s3")
print(words["seat"].format(**seat))

# %% [markdown] name="data"
# ## The data
#
# The file lies in the class's bucket. Each row is a customer: where they live, which plans they have, how much they
# call by day, evening and night and abroad, how often they called customer service, and whether they left.

# %%
raw = Path("data/churn.csv")
raw.parent.mkdir(exist_ok=True)
s3.download_file(seat["class_bucket"], "data/churn.csv", str(raw))
about = s3.head_object(Bucket=seat["class_bucket"], Key="data/churn.csv")["Metadata"]
customers = pd.read_csv(raw)
print(customers.shape, about)
customers.head()

# %% [markdown] name="profile"
# ## A profile first
#
# Before any thought of a model: one page that shows every column with its type, its range, its most frequent values,
# what is missing and what goes together. `skrub` makes it in a few seconds. Click on a column below, and open
# `churn-report.html` in a tab of its own: it is one file, needs no network, and is a good thing to send to whoever
# gave you the data, with the question "is this what you meant?".

# %%
from skrub import TableReport

report = TableReport(customers, title="churn.csv", verbose=0)
report.write_html("churn-report.html")
report

# %% [markdown] name="missing"
# ### Missing values and types
#
# Three questions to every table: are cells empty, is each number a number, and how many different values are there? A
# number column that arrives as text usually hides a typing error in some row; a column with as many values as rows
# names its customers and cannot be learnt from.
#
# Here nothing is missing. If something were, `prepare.py` would refuse the file and name row and column instead of
# filling in a guess: somebody who knows the data should decide what an empty cell means.

# %%
pd.DataFrame(
    {
        words["type"]: customers.dtypes.astype(str),
        words["empty"]: customers.isna().sum(),
        words["different"]: customers.nunique(),
        words["least"]: customers.min(numeric_only=True),
        words["most"]: customers.max(numeric_only=True),
    }
).reindex(customers.columns)

# %% [markdown] name="balance"
# ### What we want to know
#
# About half of the customers left, so accuracy means something here. Where only one in a hundred leaves, a model that
# always says "stays" is 99 % accurate and useless.

# %%
left = customers["Churn?"] == "True."
left.map({False: words["stays"], True: words["leaves"]}).value_counts(normalize=True).round(3)

# %% [markdown] name="distributions"
# ### Distributions
#
# One picture a number column, stayers and leavers over each other. Look for columns where the two hills stand apart
# (they help on their own), for gaps and spikes (what happened there?), and for values that cannot be.

# %%
numbers = customers.drop(columns="Area Code").select_dtypes("number")
figure, axes = plt.subplots(3, 5, figsize=(15, 7), layout="constrained")
for axis, column in zip(axes.flat, numbers):
    bins = np.histogram_bin_edges(numbers[column], 25)
    axis.hist(numbers.loc[~left, column], bins=bins, alpha=0.5, label=words["stays"])
    axis.hist(numbers.loc[left, column], bins=bins, alpha=0.5, label=words["leaves"])
    axis.set(title=column, yticks=[])
axes[0, 0].legend()
plt.show()

# %% [markdown] name="correlation"
# ### Do columns repeat each other?
#
# Correlation tells for pairs of numbers. Red moves together, blue moves against each other. Only numbers can be
# correlated, and the area code is a name that happens to be written in digits, so the other columns are left out.

# %%
correlation = numbers.corr()
figure, axis = plt.subplots(figsize=(8, 7), layout="constrained")
image = axis.imshow(correlation, vmin=-1, vmax=1, cmap="RdBu_r")
axis.set_xticks(range(len(correlation)), correlation.columns, rotation=90)
axis.set_yticks(range(len(correlation)), correlation.columns)
figure.colorbar(image)
plt.show()

# %% [markdown] name="redundancy"
# On a real bill the charge is the minutes times a tariff, the correlation is 1, and one of the two columns can go: it
# says nothing new, and whoever reads the model later wonders which of the twins matters. Measure before you drop:

# %%
periods = ("Day", "Eve", "Night", "Intl")
pd.Series({period: correlation.loc[f"{period} Mins", f"{period} Charge"] for period in periods}).round(3)

# %% [markdown] name="features"
# ### Which columns the model gets, and why
#
# None of the pairs is anywhere near 1 in this file, so minutes and charges **stay**, both of them: here they tell
# different things (and this tells you that the file was made by a program, not by a billing system).
#
# State, area code and phone number say who somebody is. They could still hint at something, a region with a strong
# competitor for instance. So ask: does the share of leavers differ between states more than it would by pure chance?
# A group of $n$ customers has a share that strays by about $\sqrt{p(1-p)/n}$ even if the state does not matter at all.

# %%
rows = {}
for column in ("State", "Area Code", "Int'l Plan", "VMail Plan"):
    groups = left.groupby(customers[column])
    by_chance = np.sqrt(left.mean() * (1 - left.mean()) * (1 / groups.size()).mean())
    rows[column] = {words["spread"]: groups.mean().std(), words["by_chance"]: by_chance}
pd.DataFrame(rows).T.round(4)

# %% [markdown] name="features-decided"
# State and area code stray no more than chance: they **go**, and with them dozens of columns that would invite the
# model to learn noise. The phone number is different in each row: it **goes**, a model can only learn it by heart.
# The two plans **stay** although alone they show little: a plan may matter together with how much it is used, and two
# columns of zeros and ones cost nothing.
#
# ## Preparing
#
# `prepare.py` checks every cell: write a letter into a number of `data/churn.csv`, run the next cell, and read the
# error. It then splits **once**: 80 % to train, 10 % to decide things, 10 % to test at the very end. Each part has the
# same share of leavers. Who goes where is decided by a hash of the row, so it does not depend on the order of the file
# or on the machine. Nothing is ever tuned on the test rows: a score on rows that helped to choose is no score.

# %%
from prepare import FEATURES, LABEL, plan_split, write_parts

counts = write_parts(raw, plan_split(raw), Path("data/prepared"))
pd.Series(counts).unstack().rename(columns={0: words["stays"], 1: words["leaves"]})

# %% [markdown] name="spark"
# The same file of five million customers would go through the same script: it reads the file twice and holds none of
# it. Past one machine there is `prepare_spark.py`, which judges every row with the same code, splits in the same way
# on as many machines as you like, and writes part-files that the rest of this lab reads just as well. `spark_job.py`
# starts it as a SageMaker processing job; its first lines say how.

# %%
bucket, prefix = seat["bucket"], "churn/prepared"
for path in Path("data/prepared").glob("*/*.csv"):
    s3.upload_file(str(path), bucket, f"{prefix}/{path.parent.name}/{path.name}")
tables = {part: pd.read_csv(f"data/prepared/{part}/{part}.csv") for part in ("train", "validation")}
tables["test"] = pd.read_csv("data/prepared/test/test.csv", names=FEATURES)
truth = {part: tables[part].pop(LABEL).to_numpy() for part in ("train", "validation")}
truth["test"] = pd.read_csv("data/prepared/labels/labels.csv")[LABEL].to_numpy()

# %% [markdown] name="training"
# ## Training on SageMaker
#
# The notebook only describes the job. SageMaker starts a machine with its XGBoost image, brings `train.py` and the two
# channels there, runs it, and stores the model in your bucket. You pay for the minutes the job takes, so it may have a
# machine that you would not keep running.
#
# Boosting adds one small tree after the other, each correcting what those before it got wrong. When to stop? While the
# loss on the **validation** rows falls, trees help; when it rises again, they learn the training rows by heart.

# %%
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, OutputDataConfig, SourceCode, StoppingCondition, Tag

source = Path("data/source")
source.mkdir(exist_ok=True)
shutil.copy("train.py", source)
machine = Compute(instance_type=lab["instance_types"]["train"], instance_count=1, volume_size_in_gb=10)
common = {
    "training_image": lab["images"]["train"],
    "source_code": SourceCode(source_dir=str(source), entry_script="train.py"),
    "stopping_condition": StoppingCondition(max_runtime_in_seconds=900),
    "output_data_config": OutputDataConfig(s3_output_path=f"s3://{bucket}/churn/models"),
    "role": seat["role_arn"],
}

# %%
tags = [Tag(key=tag["Key"], value=tag["Value"]) for tag in seat["tags"]]
settings = {"max_depth": 6, "early_stopping_rounds": 60}
trainer = ModelTrainer(**common, compute=machine, hyperparameters=dict(settings), base_job_name=name, tags=tags)
channels = [
    InputData(channel_name=part, data_source=f"s3://{bucket}/{prefix}/{part}/") for part in ("train", "validation")
]
trainer.train(input_data_config=channels)
job = trainer._latest_training_job
print(job.training_job_name, job.training_job_status)

# %% [markdown] name="results"
# `train.py` wrote beside the model how good it is on the validation rows, and how the loss went.

# %%
def from_archive(uri, member):
    """The content of one file of a tar.gz in S3."""
    home, key = uri.removeprefix("s3://").split("/", 1)
    content = s3.get_object(Bucket=home, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return archive.extractfile(member).read()


artifact = job.model_artifacts.s3_model_artifacts
measured = artifact.replace("model.tar.gz", "output.tar.gz")
evaluation = json.loads(from_archive(measured, "evaluation.json"))
evaluation

# %%
history = pd.read_csv(io.BytesIO(from_archive(measured, "history.csv")))
best = history["validation"].idxmin()
figure, axis = plt.subplots(figsize=(7, 4), layout="constrained")
axis.plot(history["train"], label=words["training"])
axis.plot(history["validation"], label=words["validation"])
axis.axvline(best, color="grey", linestyle=":", label=f"{words['best']}: {best + 1}")
axis.set(xlabel=words["round"], ylabel=words["loss"])
axis.legend()
plt.show()

# %% [markdown] name="curve"
# The training loss falls for ever: it measures memory. The validation loss flattens and at last rises; sixty rounds
# without a new lowest point end the training, and the model is cut back to that point. That is early stopping, and it
# needs rows that no tree was grown on.
#
# AUC and accuracy above are different things. **AUC** is how often a leaver gets a higher probability than a stayer; it
# needs no cut-off. **Accuracy** is how often the decision is right, and depends on where you cut.
#
# ## How good is it?
#
# The model is a file like any other: download it, and it answers here as it will behind an endpoint.

# %%
import xgboost as xgb

booster = xgb.Booster(model_file=bytearray(from_archive(artifact, "model.json")))
probability = {part: booster.predict(xgb.DMatrix(table)) for part, table in tables.items()}
print(f"{words['round']}: {booster.num_boosted_rounds()}")

# %% [markdown] name="curves"
# Two curves, each over all cut-offs. The **ROC** curve: how many leavers do we catch (upwards) for how many stayers
# that we bother (to the right)? The **precision-recall** curve: of those we call, how many would really have left,
# the more of the leavers we catch? Where leavers are rare, look at the second one: it does not let the many easy
# stayers flatter you.

# %%
from sklearn.metrics import PrecisionRecallDisplay, RocCurveDisplay, roc_auc_score

figure, axes = plt.subplots(1, 2, figsize=(11, 5), layout="constrained")
for part in ("validation", "test"):
    RocCurveDisplay.from_predictions(truth[part], probability[part], name=words[part], ax=axes[0])
    PrecisionRecallDisplay.from_predictions(truth[part], probability[part], name=words[part], ax=axes[1])
axes[0].set(xlabel=words["bothered"], ylabel=words["caught"])
axes[1].set(xlabel=words["caught"], ylabel=words["precision"])
plt.show()
auc = roc_auc_score(truth["test"], probability["test"])
print(f"AUC: {words['test']} {auc:.4f}, {words['validation']} {evaluation['auc']:.4f}")
assert auc > 0.95, words["bad_score"]

# %% [markdown] name="auc"
# The AUC must be taken of the **probabilities**. Of decisions (0 or 1) it would be the AUC of one single point of the
# curve: a smaller number that depends on a cut-off nobody told you.
#
# ## Where to cut?
#
# A probability is no decision yet. Two mistakes are possible, and they do not cost the same: an offer to a customer
# costs 100, whoever gets it, and a customer who leaves without an offer costs 500. So a cut-off has a price:
#
# $$500 \cdot \text{missed leavers} + 100 \cdot (\text{needless offers} + \text{offers to leavers})$$

# %%
def cost(labels, values, cut_off, missed=500, offer=100):
    """What decisions at a cut-off cost."""
    called = values >= cut_off
    return missed * (labels[~called] == 1).sum() + offer * called.sum()


cut_offs = np.arange(0.01, 1.0, 0.01).round(2)
costs = {part: [cost(truth[part], probability[part], c) for c in cut_offs] for part in ("validation", "test")}
chosen = cut_offs[np.argmin(costs["validation"])]
print(f"{words['chosen']}: {chosen}")

# %% [markdown] name="cut-off"
# The cut-off is **chosen on the validation rows**, and what it costs is **read off on the test rows**. Who looks for
# the lowest point of the test curve reports a cost that the company will never see: the test rows helped to choose.

# %%
figure, axis = plt.subplots(figsize=(8, 4), layout="constrained")
for part, values in costs.items():
    axis.plot(cut_offs, values, label=words[part])
axis.axvline(chosen, color="grey", linestyle=":", label=f"{words['chosen']}: {chosen}")
axis.set(xlabel=words["cut_off"], ylabel=words["cost"])
axis.legend()
plt.show()
for cut_off in (chosen, 0.5):
    print(f"{words['test']}, {words['cut_off']} {cut_off}: {cost(truth['test'], probability['test'], cut_off):,}")

# %% [markdown] name="confusion"
# How do the two cut-offs decide? Rows are the truth, columns the decision. The cheaper one makes more mistakes of the
# cheap kind and fewer of the dear kind: it may well be *less* accurate and still the better decision.

# %%
from sklearn.metrics import ConfusionMatrixDisplay

figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
for axis, cut_off in zip(axes, (0.5, chosen)):
    decided = (probability["test"] >= cut_off).astype(int)
    names = [words["stays"], words["leaves"]]
    ConfusionMatrixDisplay.from_predictions(truth["test"], decided, display_labels=names, ax=axis, colorbar=False)
    title = f"{words['cut_off']} {cut_off}: {np.mean(decided == truth['test']):.1%}"
    axis.set(title=title, xlabel=words["decision"], ylabel=words["truth"])
plt.show()

# %% [markdown] name="shap"
# ## What does it go by?
#
# SHAP values split each prediction into what every column contributed to it. Added up they are the prediction (in
# log-odds). First over all test customers: how much does each column move the answer, on average?

# %%
import shap

values = shap.TreeExplainer(booster)(tables["test"])
shap.plots.bar(values, max_display=17)

# %% [markdown] name="beeswarm"
# The bars say how much, not in which direction. Below each dot is a customer; to the right the column pushed towards
# leaving. Red is a high value of the column, blue a low one. Red dots on the right: the more, the likelier to leave.

# %%
shap.plots.beeswarm(values, max_display=12)

# %% [markdown] name="waterfall"
# And one customer at a time: why does the model think that the likeliest leaver will go? This is what somebody in the
# call centre can use. Beware of reading it as cause and effect, though: the model knows what goes together with
# leaving, not what would keep the customer.

# %%
shap.plots.waterfall(values[int(probability["test"].argmax())], max_display=10)

# %% [markdown] name="tuning"
# ## Letting SageMaker search
#
# `max_depth` and `eta` were given. A **tuning job** tries settings: it starts training jobs, reads a metric from their
# logs, and keeps the best. SageMaker knows what XGBoost prints, so the metric is called `validation:auc` and needs no
# further words. Four small jobs, two at a time, drawn at random; for real work one would take more of them. They are
# compared on the **validation** rows, again: the test rows are not asked.

# %%
from sagemaker.core.parameter import ContinuousParameter, IntegerParameter
from sagemaker.train.tuner import HyperparameterTuner

searched = {"max_depth": IntegerParameter(3, 9), "eta": ContinuousParameter(0.03, 0.3, scaling_type="Logarithmic")}
candidate = ModelTrainer(
    **common, compute=machine, hyperparameters={"early_stopping_rounds": 60}, base_job_name=name, tags=tags
)
limits = {"max_jobs": 4, "max_parallel_jobs": 2}
tuner = HyperparameterTuner(
    candidate, "validation:auc", searched, strategy="Random", random_seed=2026, tags=seat["tags"], **limits
)

# %%
tuner.tune(channels, job_name=f"{seat['tuning_prefix']}-{started[-6:]}")
tried = tuner.latest_tuning_job.get_all_training_jobs()
table = [
    {**trial.tuned_hyper_parameters, "AUC": trial.final_hyper_parameter_tuning_job_objective_metric.value}
    for trial in tried
]
pd.DataFrame(table).astype(float).sort_values("AUC", ascending=False).round(4)

# %% [markdown] name="tuned"
# The four differ in the third or fourth digit. With 500 validation rows the AUC itself is uncertain by about half a
# percent, and the best of several lucky numbers is always a little too good. So: good enough to try out on real
# customers, not proof of anything. How does one try a model out without betting the company on it?
#
# ## Two models behind one endpoint
#
# An endpoint is a machine that holds a model and answers over HTTPS. SageMaker knows three things: the **model**
# (image, artifact, code), the **endpoint configuration** (which models on which machines), and the **endpoint** itself,
# which runs, and costs, until somebody deletes it. One endpoint may have several **variants**: the present model gets
# most of the traffic, the new one a little. That is an A/B test.

# %%
from sagemaker.core.resources import Endpoint, EndpointConfig, Model, TrainingJob
from sagemaker.core.shapes import ContainerDefinition, DesiredWeightAndCapacity, ProductionVariant

with tarfile.open("data/infer.tar.gz", "w:gz") as archive:
    archive.add("infer.py")
s3.upload_file("data/infer.tar.gz", bucket, "churn/infer.tar.gz")
code = {"SAGEMAKER_PROGRAM": "infer.py", "SAGEMAKER_SUBMIT_DIRECTORY": f"s3://{bucket}/churn/infer.tar.gz"}
best_job = TrainingJob.get(tuner.best_training_job())
artifacts = {"depth-six": artifact, "tuned": best_job.model_artifacts.s3_model_artifacts}

# %%
own = [{"key": tag["Key"], "value": tag["Value"]} for tag in seat["tags"]]
variants = []
for (variant, uri), weight in zip(artifacts.items(), (0.8, 0.2)):
    container = ContainerDefinition(image=lab["images"]["infer"], model_data_url=uri, environment=code)
    model_name = f"{unique}-{variant}"
    Model.create(model_name=model_name, primary_container=container, execution_role_arn=seat["role_arn"], tags=own)
    variants.append(
        ProductionVariant(
            variant_name=variant, model_name=model_name, instance_type=lab["instance_types"]["infer"],
            initial_instance_count=1, initial_variant_weight=weight,
        )  # fmt: skip
    )

# %%
EndpointConfig.create(endpoint_config_name=unique, production_variants=variants, tags=own)
endpoint = Endpoint.create(endpoint_name=unique, endpoint_config_name=unique, tags=own)
endpoint.wait_for_status("InService")

# %% [markdown] name="traffic"
# Ask about one hundred customers, one request each, and look who answers: the response names the variant. The weights
# are 80 to 20; SageMaker draws for each request, so it will be about that and seldom exactly.

# %%
def ask(rows, variant=None):
    """Probabilities for some rows, and the variant that gave them; None leaves the choice to SageMaker."""
    choice = {} if variant is None else {"target_variant": variant}
    body = rows.to_csv(index=False, header=False)
    answer = endpoint.invoke(body=body, content_type="text/csv", accept="text/csv", **choice)
    return np.array(answer.body.read().decode().split(), dtype=float), answer.invoked_production_variant


def count_answers(requests=100):
    """How many requests each variant answered."""
    return Counter(ask(tables["test"].iloc[[row]])[1] for row in range(requests))

# %%
before = count_answers()
before

# %% [markdown] name="shift"
# All is well, so the new model gets more: the weights change while the endpoint goes on answering.

# %%
endpoint.update_weights_and_capacities(
    desired_weights_and_capacities=[
        DesiredWeightAndCapacity(variant_name=variant, desired_weight=0.5) for variant in artifacts
    ]
)
endpoint.wait_for_status("InService")
after = count_answers()
after

# %%
figure, axis = plt.subplots(figsize=(6, 3), layout="constrained")
pd.DataFrame({"80 : 20": before, "50 : 50": after}).T.plot.barh(stacked=True, ax=axis)
axis.set(xlabel=words["requests"], title=words["traffic"])
plt.show()

# %% [markdown] name="compare"
# And which one is better? Send all test customers to each variant (a request may name the one it wants, past the
# weights) and compare the AUC, of probabilities. If they lie within a few thousandths, the honest answer is "we cannot
# tell from 500 customers": that is what the traffic is for.

# %%
by_variant = {variant: ask(tables["test"], variant)[0] for variant in artifacts}
assert np.allclose(by_variant["depth-six"], probability["test"], atol=1e-4), words["disagree"]
pd.Series({variant: roc_auc_score(truth["test"], found) for variant, found in by_variant.items()}).round(4)

# %% [markdown] name="outputs"
# ## What later labs start from
#
# Labs pass on their results through your bucket: a small file says where the prepared tables and the model are and how
# good it was. If your pipeline has run, its file stays; otherwise this notebook's results are as good.

# %%
from score import score

metrics = score(truth["test"], probability["test"])
s3.put_object(Bucket=bucket, Key="churn/score/metrics.json", Body=json.dumps(metrics))
data = {
    "source": f"s3://{seat['class_bucket']}/data/churn.csv",
    "sha256": about["sha256"],
    "generated": about["generated"] == "true",
}
metrics

# %%
home = f"s3://{bucket}/churn"
places = {"prepared": f"{home}/prepared/", "scored": f"{home}/score/", "artifact": artifact}
validation = {**evaluation, "training_seconds": job.training_time_in_seconds}
outputs = {"lab": lab["name"], "run": started[2:], "made_by": "notebook", "data": data, **places}
outputs |= {"hyperparameters": job.hyper_parameters, "validation": validation, "metrics": metrics}
key = f"outputs/{lab['name']}.json"
there = s3.list_objects_v2(Bucket=bucket, Prefix=key).get("KeyCount", 0)
made_by = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())["made_by"] if there else "notebook"
if made_by == "notebook":
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(outputs), ContentType="application/json")
print(words["written"] if made_by == "notebook" else words["kept"])

# %% [markdown] name="exercise"
# ## Your turn
#
# Prices change: an offer now costs 50, and a customer lost costs 800. From what probability on should the company make
# an offer? Write the function so that it works for **any** prices, and use it on the validation rows.

# %% tags=["exercise"]
def cheapest(labels, values, missed, offer):
    """The cut-off at which decisions cost least."""
    return 0.5  # your code: try all of `cut_offs`


answer = cheapest(truth["validation"], probability["validation"], missed=800, offer=50)

# %% tags=["solution"]
def cheapest(labels, values, missed, offer):
    """The cut-off at which decisions cost least."""
    return cut_offs[np.argmin([cost(labels, values, c, missed, offer) for c in cut_offs])]


answer = cheapest(truth["validation"], probability["validation"], missed=800, offer=50)

# %% tags=["check"]
def is_cheapest(missed, offer):
    """Whether no cut-off is cheaper than the answer for these prices."""
    labels, values = truth["validation"], probability["validation"]
    found = cost(labels, values, cheapest(labels, values, missed, offer), missed, offer)
    return found <= min(cost(labels, values, c, missed, offer) for c in cut_offs)


try:
    solved = is_cheapest(800, 50) and is_cheapest(200, 150) and is_cheapest(5000, 10)
except Exception as error:
    solved = print(f"{type(error).__name__}: {error}")
print(words["right"].format(answer) if solved else words["not_yet"])

# %% [markdown] name="next"
# Worth trying next: more jobs in the search; a lower `eta` with more rounds; the same search with `strategy="Bayesian"`,
# which learns from the jobs it has seen; a cut-off for customers who are worth more than others. The lab on AutoGluon
# starts from what you prepared here, and lets several kinds of models compete on the same test customers.
#
# ## Clean up
#
# An endpoint costs money for every hour that it stands, asked or not. The next cell takes away the endpoint, its
# configuration and the two models; run it twice and it finds nothing. Somebody always forgets, so the end of class
# looks for whatever carries your seat's tags or runs under your role, and removes it. In your own account nobody does.

# %% tags=["clean-up"]
sagemaker, logs = boto3.client("sagemaker"), boto3.client("logs")
owned = {"Endpoint": [unique], "EndpointConfig": [unique], "Model": [f"{unique}-{variant}" for variant in artifacts]}
calls = {"Endpoint": "delete_endpoint", "EndpointConfig": "delete_endpoint_config", "Model": "delete_model"}
for kind, names in owned.items():
    for one in names:
        try:
            getattr(sagemaker, calls[kind])(**{f"{kind}Name": one})
            print(f"{kind} {one}: {words['gone']}")
        except sagemaker.exceptions.ClientError as error:
            print(f"{kind} {one}: {words['not_there']} ({error.response['Error']['Message']})")
sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=unique, WaiterConfig={"Delay": 5})
try:  # its logs too: without the endpoint nothing proves whose they are
    logs.delete_log_group(logGroupName=f"/aws/sagemaker/Endpoints/{unique}")
except logs.exceptions.ResourceNotFoundException:
    print(f"{words['logs']}: {words['not_there']}")
