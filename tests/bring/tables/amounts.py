"""Tables of which models predict a number, or several."""

import numpy as np
import pandas as pd
from numpy.random import Generator

from tests.bring.tables.table import gaps, predicting


@predicting("SalePrice")
def houses(rng: Generator, count: int) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "GrLivArea": rng.integers(600, 4_000, count),
            "OverallQual": rng.integers(1, 11, count),
            "YearBuilt": rng.integers(1890, 2011, count),
            "LotFrontage": gaps(rng, rng.integers(20, 150, count).astype(float)),
            "Neighborhood": rng.choice(["NAmes", "CollgCr", "OldTown", "Edwards", "Somerst"], count),
            "CentralAir": rng.random(count) < 0.9,
        }
    )
    value = rows["GrLivArea"] * 60 + rows["OverallQual"] ** 2 * 1_500 + (rows["Neighborhood"] == "Somerst") * 30_000
    return rows.assign(SalePrice=(value * rng.uniform(0.9, 1.1, count)).round(-2))


@predicting("charges")
def insurance(rng: Generator, count: int) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "age": rng.integers(18, 65, count),
            "sex": rng.choice(["female", "male"], count),
            "bmi": rng.normal(30, 6, count).clip(15, 54).round(2),
            "children": rng.integers(0, 6, count),
            "smoker": rng.choice(["yes", "no"], count, p=[0.2, 0.8]),
            "region": rng.choice(["southwest", "southeast", "northwest", "northeast"], count),
        }
    )
    cost = rows["age"] * 250 + (rows["smoker"] == "yes") * (rows["bmi"] * 800) + rows["children"] * 400
    return rows.assign(charges=(cost * rng.uniform(0.9, 1.2, count)).round(4))


@predicting("cnt")
def bikes(rng: Generator, count: int) -> pd.DataFrame:
    hour = rng.integers(0, 24, count)
    rows = pd.DataFrame(
        {
            "season": rng.integers(1, 5, count),
            "hr": hour,
            "workingday": rng.random(count) < 0.7,
            "weathersit": rng.choice(["Clear", "Mist", "Light Snow"], count),
            "temp": (rng.integers(1, 50, count) * 0.02).round(2),
            "hum": (rng.integers(0, 101, count) / 100).round(2),
        }
    )
    busy = 200 * np.exp(-((hour - 17) ** 2) / 20) + 300 * rows["temp"]
    return rows.assign(cnt=(busy * rng.uniform(0.7, 1.3, count)).round().astype(int))


@predicting("quality")
def wine_quality(rng: Generator, count: int) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "fixed acidity": rng.normal(8.3, 1.7, count).clip(4.6, 16).round(1),
            "volatile acidity": rng.normal(0.53, 0.18, count).clip(0.1, 1.6).round(3),
            "residual sugar": rng.gamma(3, 0.9, count).round(1),
            "free sulfur dioxide": rng.integers(1, 73, count).astype(float),
            "alcohol": rng.normal(10.4, 1.1, count).clip(8.4, 15).round(1),
        }
    )
    score = 5.5 + (rows["alcohol"] - 10.4) * 0.6 - (rows["volatile acidity"] - 0.53) * 2
    return rows.assign(quality=(score + rng.normal(0, 0.4, count)).round().clip(4, 7).astype(int))


@predicting("Price")
def laptops(rng: Generator, count: int) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "Company": rng.choice(["Apple", "HP", "Dell", "Lenovo", "Asus", "MSI"], count),
            "TypeName": rng.choice(["Notebook", "Gaming", "Ultrabook", "2 in 1 Convertible"], count),
            "Ram": rng.choice([4, 8, 16, 32], count),
            "Weight": rng.uniform(0.9, 4.5, count).round(2),
            "Touchscreen": rng.integers(0, 2, count),
            "ppi": rng.choice([100.45498, 127.335675, 141.211998, 226.983005], count),
            "Cpu brand": rng.choice(["Intel Core i3", "Intel Core i5", "Intel Core i7", "AMD Processor"], count),
        }
    )
    price = 9.5 + np.log2(rows["Ram"]) * 0.3 + (rows["Company"] == "Apple") * 0.4 + rows["ppi"] / 500
    return rows.assign(Price=(np.exp(price + rng.normal(0, 0.1, count))).round(4))


@predicting("math score")
def students(rng: Generator, count: int) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "gender": rng.choice(["female", "male"], count),
            "race/ethnicity": rng.choice([f"group {letter}" for letter in "ABCDE"], count),
            "parental level of education": rng.choice(["high school", "bachelor's degree", "master's degree"], count),
            "lunch": rng.choice(["standard", "free/reduced"], count),
            "reading score": rng.integers(20, 101, count),
            'writing "score"': rng.integers(20, 101, count),
        }
    )
    mean = (rows["reading score"] + rows['writing "score"']) / 2 + (rows["lunch"] == "standard") * 6
    return rows.assign(**{"math score": (mean + rng.normal(0, 4, count)).round().astype(int)})


@predicting("Y1", "Y2")
def buildings(rng: Generator, count: int) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "Relative_Compactness": rng.choice([0.62, 0.69, 0.76, 0.82, 0.9, 0.98], count),
            "Wall_Area": rng.integers(490, 833, count) / 2,
            "Glazing_Area": rng.choice([0, 0.1, 0.25, 0.4], count),
        }
    )
    heating = rows["Relative_Compactness"] * 30 + rows["Glazing_Area"] * 20
    return rows.assign(Y1=heating.round(2), Y2=(heating * 0.9 + rng.normal(3, 1, count)).round(2))
