"""Text: mail, reviews and tickets, as words or as characters, alone or next to other columns."""

from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest, chi2
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import BernoulliNB, ComplementNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import MaxAbsScaler, Normalizer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC

from tests.bring.case import Case
from tests.bring.saving import joblib_as, pickle_as
from tests.bring.tables.texts import messages, reviews, tickets

_CLASSIC = Pipeline(
    [("vect", CountVectorizer()), ("tfidf", TfidfTransformer()), ("clf", SGDClassifier(random_state=42))]
)
_UNION = FeatureUnion(
    [("word", TfidfVectorizer()), ("char", TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), max_features=200))]
)
_PATTERN = CountVectorizer(token_pattern=r"(?u)\b\w+'?\w*\b")  # noqa: S106 (no password)
_PASSIVE = SGDClassifier(penalty=None, learning_rate="pa1", eta0=1, random_state=0)  # passive-aggressive
_BOTH = [("lr", LogisticRegression()), ("nb", MultinomialNB())]
_TICKETS = ColumnTransformer(
    [
        ("text", TfidfVectorizer(), "text"),
        ("channel", OneHotEncoder(handle_unknown="ignore"), ["channel"]),
        ("age", StandardScaler(), ["age_days"]),
    ]
)

CASES = (
    Case(
        "spam, counts",
        messages,
        make_pipeline(CountVectorizer(), MultinomialNB()),
        form="series",
        save=pickle_as("spam_pipeline.pkl"),
    ),
    Case(
        "spam, weights",
        messages,
        Pipeline([("tfidf", TfidfVectorizer()), ("nb", MultinomialNB())]),
        form="series",
        save=joblib_as("NB_spam_model.pkl"),
    ),
    Case(
        "spam, stop words",
        messages,
        make_pipeline(TfidfVectorizer(stop_words="english", max_features=3000), BernoulliNB()),
        form="series",
    ),
    Case(
        "spam, case kept",
        messages,
        make_pipeline(TfidfVectorizer(lowercase=False), LogisticRegression()),
        form="series",
    ),
    Case(
        "spam, hashed", messages, make_pipeline(HashingVectorizer(n_features=256), LogisticRegression()), form="series"
    ),
    Case(
        "spam, forest",
        messages,
        make_pipeline(TfidfVectorizer(), RandomForestClassifier(10, random_state=0)),
        form="series",
    ),
    Case("spam, SVC", messages, make_pipeline(TfidfVectorizer(), SVC(kernel="sigmoid")), form="series"),
    Case(
        "spam, voting",
        messages,
        make_pipeline(TfidfVectorizer(), VotingClassifier(_BOTH, voting="soft")),
        form="series",
    ),
    Case("reviews, three steps", reviews, _CLASSIC, form="series", save=joblib_as("text_clf.joblib")),
    Case(
        "reviews, linear SVC",
        reviews,
        Pipeline([("tfidf", TfidfVectorizer()), ("clf", LinearSVC())]),
        form="series",
        save=pickle_as("sentiment.sav"),
    ),
    Case(
        "reviews, pairs of words",
        reviews,
        make_pipeline(TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True), LogisticRegression(C=10)),
        form="series",
    ),
    Case(
        "reviews, characters",
        reviews,
        make_pipeline(TfidfVectorizer(analyzer="char", ngram_range=(2, 3)), LogisticRegression()),
        form="series",
    ),
    Case("reviews, words and characters", reviews, make_pipeline(_UNION, LogisticRegression()), form="series"),
    Case(
        "reviews, accents stripped",
        reviews,
        make_pipeline(CountVectorizer(strip_accents="unicode", binary=True), ComplementNB()),
        form="series",
    ),
    Case(
        "reviews, own pattern",
        reviews,
        make_pipeline(_PATTERN, LogisticRegression()),
        form="series",
    ),
    Case(
        "reviews, best words",
        reviews,
        make_pipeline(CountVectorizer(), SelectKBest(chi2, k=10), MultinomialNB()),
        form="series",
    ),
    Case(
        "reviews, latent topics",
        reviews,
        make_pipeline(TfidfVectorizer(), TruncatedSVD(8, random_state=0), Normalizer(), KNeighborsClassifier()),
        form="series",
    ),
    Case(
        "reviews, passive aggressive",
        reviews,
        make_pipeline(TfidfVectorizer(stop_words="english", max_df=0.7), _PASSIVE),
        form="series",
    ),
    Case(
        "reviews, calibrated",
        reviews,
        make_pipeline(TfidfVectorizer(), CalibratedClassifierCV(LinearSVC(), cv=2)),
        form="series",
    ),
    Case(
        "reviews, one against the rest",
        reviews,
        make_pipeline(TfidfVectorizer(), OneVsRestClassifier(SGDClassifier(random_state=0))),
        form="series",
    ),
    Case(
        "reviews, grid search",
        reviews,
        GridSearchCV(
            make_pipeline(TfidfVectorizer(), LogisticRegression()),
            {"tfidfvectorizer__ngram_range": [(1, 1), (1, 2)]},
            cv=2,
        ),
        form="series",
    ),
    Case(
        "tickets, text in a column",
        tickets,
        make_pipeline(make_column_transformer((TfidfVectorizer(), "text")), LogisticRegression()),
        columns=("text",),
    ),
    Case(
        "tickets, text, word and number",
        tickets,
        make_pipeline(_TICKETS, LogisticRegression()),
        save=joblib_as("ticket_model.joblib", 3),
    ),
    Case("tickets, text and forest", tickets, make_pipeline(_TICKETS, RandomForestClassifier(10, random_state=0))),
    Case(
        "tickets, how old",
        tickets,
        make_pipeline(
            make_column_transformer((CountVectorizer(), "text"), (OneHotEncoder(), ["channel"])),
            MaxAbsScaler(),
            Ridge(),
        ),
        columns=("text", "channel"),
        targets=("age_days",),
    ),
)
