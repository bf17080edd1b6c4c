# %% [markdown]
# # Customer churn with XGBoost

# %%
print("to be written")
