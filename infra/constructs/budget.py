"""A budget over everything that carries the class's tag, with mails when parts of it are spent."""

from aws_cdk import aws_budgets as budgets
from constructs import Construct

from classlab.contract import TAG_CLASSROOM
from classlab.settings import Classroom


class ClassBudget(Construct):
    """Yearly, so that a class over the end of a month is counted once.

    AWS sees the tag in bills only once it is activated as a cost allocation tag, by whoever pays the account.
    """

    def __init__(self, scope: Construct, *, classroom: Classroom) -> None:
        super().__init__(scope, "Budget")
        budget = classroom.budget
        budgets.CfnBudget(
            self,
            "Resource",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_name=f"classlab-{classroom.name}",
                budget_type="COST",
                time_unit="ANNUALLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=budget.amount, unit=budget.currency),
                cost_filters={"TagKeyValue": [f"user:{TAG_CLASSROOM}${classroom.name}"]},
            ),
            notifications_with_subscribers=[_alert(percent, budget.emails) for percent in budget.alert_at_percent],
            resource_tags=[budgets.CfnBudget.ResourceTagProperty(key=TAG_CLASSROOM, value=classroom.name)],
        )


def _alert(percent: float, emails: list[str]) -> budgets.CfnBudget.NotificationWithSubscribersProperty:
    return budgets.CfnBudget.NotificationWithSubscribersProperty(
        notification=budgets.CfnBudget.NotificationProperty(
            comparison_operator="GREATER_THAN",
            notification_type="ACTUAL",
            threshold=percent,
            threshold_type="PERCENTAGE",
        ),
        subscribers=[
            budgets.CfnBudget.SubscriberProperty(address=address, subscription_type="EMAIL") for address in emails
        ],
    )
