"""Tables of which models predict a class, or nothing."""

import numpy as np
import pandas as pd
from numpy.random import Generator

from tests.bring.tables.table import gaps, predicting, yes


@predicting("Survived")
def titanic(rng: Generator, count: int) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "Pclass": rng.integers(1, 4, count),
            "Sex": rng.choice(["male", "female"], count),
            "Age": gaps(rng, rng.integers(1, 75, count).astype(float)),
            "SibSp": rng.integers(0, 5, count),
            "Fare": rng.gamma(2, 16, count).round(4),
            "Embarked": gaps(rng, rng.choice(["S", "C", "Q"], count, p=[0.7, 0.2, 0.1]), 0.05),
        }
    )
    score = (rows["Sex"] == "female") * 2.0 - rows["Pclass"] + rows["Fare"] / 60
    return rows.assign(Survived=yes(rng, score))


@predicting("Churn")
def churn(rng: Generator, count: int) -> pd.DataFrame:
    tenure, monthly = rng.integers(0, 73, count), rng.uniform(18, 119, count).round(2)
    rows = pd.DataFrame(
        {
            "gender": rng.choice(["Female", "Male"], count),
            "SeniorCitizen": rng.integers(0, 2, count),
            "Partner": rng.choice(["Yes", "No"], count),
            "tenure": tenure,
            "Contract": rng.choice(["Month-to-month", "One year", "Two year"], count),
            "PaymentMethod": rng.choice(["Electronic check", "Mailed check", "Bank transfer (automatic)"], count),
            "MonthlyCharges": monthly,
            "TotalCharges": (tenure * monthly).round(2),
        }
    )
    score = (rows["Contract"] == "Month-to-month") * 2 - tenure / 30 + monthly / 80
    return rows.assign(Churn=np.where(yes(rng, score), "Yes", "No"))


@predicting("default payment next month")
def credit(rng: Generator, count: int) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "LIMIT_BAL": rng.integers(1, 80, count) * 10_000.0,
            "EDUCATION": rng.integers(1, 5, count),
            "AGE": rng.integers(21, 75, count),
            "PAY_0": rng.integers(-2, 9, count),
            "BILL_AMT1": rng.integers(-1_000, 300_000, count),
        }
    )
    score = rows["PAY_0"] / 2 - rows["LIMIT_BAL"] / 400_000
    return rows.assign(**{"default payment next month": yes(rng, score)})


@predicting("target")
def heart(rng: Generator, count: int) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "age": rng.integers(29, 78, count),
            "sex": rng.integers(0, 2, count),
            "cp": rng.integers(0, 4, count),
            "trestbps": rng.integers(94, 201, count),
            "chol": rng.integers(126, 565, count),
            "thalach": rng.integers(71, 203, count),
            "oldpeak": rng.choice(np.arange(0, 62, 2) / 10, count),
        }
    )
    return rows.assign(target=yes(rng, rows["cp"] + rows["thalach"] / 50 - rows["oldpeak"] - 3))


@predicting("Loan_Status")
def loans(rng: Generator, count: int) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "Gender": gaps(rng, rng.choice(["Male", "Female"], count), 0.05),
            "Married": rng.choice(["Yes", "No"], count),
            "Dependents": gaps(rng, rng.choice(["0", "1", "2", "3+"], count), 0.05),
            "Education": rng.choice(["Graduate", "Not Graduate"], count),
            "ApplicantIncome": rng.integers(1_000, 20_000, count),
            "LoanAmount": gaps(rng, rng.integers(20, 500, count).astype(float)),
            "Credit_History": gaps(rng, rng.choice([0.0, 1.0], count, p=[0.2, 0.8])),
        }
    )
    return rows.assign(Loan_Status=np.where(yes(rng, rows["Credit_History"].fillna(1) * 3 - 1), "Y", "N"))


@predicting("label")
def crops(rng: Generator, count: int) -> pd.DataFrame:
    names = np.array(["coffee", "jute", "maize", "mango", "rice"])
    kind = rng.integers(0, 5, count)
    numbers = {"N": 90, "P": 48, "K": 40, "temperature": 25.6, "humidity": 71.5, "ph": 6.5, "rainfall": 103}
    rows = pd.DataFrame(
        {
            name: (mean * (0.6 + 0.2 * ((kind * (place + 1)) % 5)) * rng.uniform(0.85, 1.15, count)).round(
                0 if name in "NPK" else 6
            )
            for place, (name, mean) in enumerate(numbers.items())
        }
    ).astype(dict.fromkeys("NPK", int))
    return rows.assign(label=names[kind])


@predicting("Outcome")
def pima(rng: Generator, count: int) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "Pregnancies": rng.integers(0, 15, count),
            "Glucose": rng.integers(60, 200, count) * (rng.random(count) > 0.05),
            "BloodPressure": rng.integers(40, 115, count) * (rng.random(count) > 0.1),
            "BMI": rng.normal(32, 7, count).clip(18, 60).round(1),
            "DiabetesPedigreeFunction": rng.gamma(2, 0.24, count).round(3),
            "Age": rng.integers(21, 80, count),
        }
    )
    return rows.assign(Outcome=yes(rng, rows["Glucose"] / 40 + rows["BMI"] / 20 - 5))


@predicting("species")
def penguins(rng: Generator, count: int) -> pd.DataFrame:
    kind = rng.integers(0, 3, count)
    rows = pd.DataFrame(
        {
            "island": rng.choice(["Biscoe", "Dream", "Torgersen"], count),
            "bill_length_mm": gaps(rng, (39 + 5 * kind + rng.normal(0, 2, count)).round(1), 0.05),
            "flipper_length_mm": gaps(rng, (190 + 12 * kind + rng.integers(-9, 10, count)).astype(float), 0.05),
            "body_mass_g": rng.integers(54, 126, count) * 50,
            "sex": gaps(rng, rng.choice(["Male", "Female"], count), 0.05),
        }
    )
    return rows.assign(species=np.array(["Adelie", "Chinstrap", "Gentoo"])[kind])


@predicting("income")
def income(rng: Generator, count: int) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "age": rng.integers(17, 91, count),
            "workclass": rng.choice([" Private", " State-gov", " Self-emp-inc"], count),
            "education-num": rng.integers(1, 17, count),
            "marital.status": rng.choice(["Married-civ-spouse", "Never-married", "Divorced"], count),
            "capital_gain": rng.choice([0, 0, 0, 2174, 5013, 14084], count),
            "hours-per-week": rng.integers(10, 99, count),
        }
    )
    score = rows["education-num"] / 3 + rows["capital_gain"] / 3_000 + rows["hours-per-week"] / 20 - 7
    return rows.assign(income=np.where(yes(rng, score), ">50K", "<=50K"))


@predicting()
def customers(rng: Generator, count: int) -> pd.DataFrame:
    centre = rng.integers(0, 5, count)
    return pd.DataFrame(
        {
            "Annual Income (k$)": np.array([25, 25, 55, 88, 88])[centre] + rng.integers(-9, 10, count),
            "Spending Score (1-100)": np.array([20, 79, 50, 82, 17])[centre] + rng.integers(-9, 10, count),
        }
    )


@predicting()
def payments(rng: Generator, count: int) -> pd.DataFrame:
    columns = {f"V{place}": rng.normal(0, 2 / place, count) for place in range(1, 5)}
    return pd.DataFrame({**columns, "Amount": rng.gamma(1, 88, count).round(2)})
