// Predicts with the Go client that openapi-generator makes: program URL BODIES.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"

	client "example.org/mlserving/client"
)

// send answers the request that bodies has under this name.
type send func(name string) any

// execute calls an operation, which takes the body as its own type.
func execute[Body, Answer any](bodies map[string]json.RawMessage, call func(Body) (*Answer, *http.Response, error)) send {
	return func(name string) any {
		var body Body
		if err := json.Unmarshal(bodies[name], &body); err != nil {
			log.Fatalf("%s: %v", name, err)
		}
		answer, _, err := call(body)
		if err != nil {
			log.Fatalf("%s: %v", name, err)
		}
		return answer
	}
}

func main() {
	document, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	var bodies map[string]json.RawMessage
	if err := json.Unmarshal(document, &bodies); err != nil {
		log.Fatal(err)
	}
	configuration := client.NewConfiguration()
	configuration.Servers = client.ServerConfigurations{{URL: os.Args[1]}}
	api, ctx := client.NewAPIClient(configuration), context.Background()
	rows, pictures := api.BreastModelAPI, api.DigitsAPI

	rowsV1 := execute(bodies, func(body client.BreastModelRows) (*client.BreastModelPredictionsV1, *http.Response, error) {
		return rows.PredictV1BreastModel(ctx).BreastModelRows(body).Execute()
	})
	picturesV1 := execute(bodies, func(body client.Pictures) (*client.DigitsPredictionsV1, *http.Response, error) {
		return pictures.PredictV1Digits(ctx).Pictures(body).Execute()
	})
	calls := map[string]send{
		"row": execute(bodies, func(body client.BreastModelRow) (*client.BreastModelPrediction, *http.Response, error) {
			return rows.PredictBreastModel(ctx).BreastModelRow(body).Execute()
		}),
		"rows": execute(bodies, func(body client.BreastModelRows) (*client.BreastModelPredictions, *http.Response, error) {
			return rows.PredictBatchBreastModel(ctx).BreastModelRows(body).Execute()
		}),
		"row_v1":  rowsV1,
		"rows_v1": rowsV1,
		"row_v2": execute(bodies, func(body client.InferRequest) (*client.InferResponse, *http.Response, error) {
			return rows.InferBreastModel(ctx).InferRequest(body).Execute()
		}),
		"rows_v2": execute(bodies, func(body client.InferRequest) (*client.InferResponse, *http.Response, error) {
			return rows.InferVersionBreastModel(ctx).InferRequest(body).Execute()
		}),
		"picture": execute(bodies, func(body client.PictureRequest) (*client.DigitsPrediction, *http.Response, error) {
			return pictures.PredictDigits(ctx).PictureRequest(body).Execute()
		}),
		"pictures": execute(bodies, func(body client.PictureBatch) (*client.DigitsClasses, *http.Response, error) {
			return pictures.PredictBatchDigits(ctx).PictureBatch(body).Execute()
		}),
		"picture_v1":  picturesV1,
		"pictures_v1": picturesV1,
		"picture_v2": execute(bodies, func(body client.InferRequest) (*client.InferResponse, *http.Response, error) {
			return pictures.InferDigits(ctx).InferRequest(body).Execute()
		}),
		"pictures_v2": execute(bodies, func(body client.InferRequest) (*client.InferResponse, *http.Response, error) {
			return pictures.InferVersionDigits(ctx).InferRequest(body).Execute()
		}),
	}
	answers := map[string]any{}
	for name, call := range calls {
		answers[name] = call(name)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		log.Fatal(err)
	}
}
