// Runs Kubernetes' own autoscaler over random cases: one JSON object a line in CASES, its answer a line in ANSWERS.
// It replaces the tests of the package podautoscaler, so that it can call what the package does not export.
package podautoscaler

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	metricsclient "k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"
)

// One pod at one sync; times are seconds before the sync.
type podState struct {
	Request, Usage                    int64
	Sampled, Window, Started, Changed float64
	Measured, Ready, Pending, Leaving bool
}

type syncState struct {
	Wait    float64 // seconds since the sync before
	Current int32   // replicas set by somebody else; 0 keeps those of the autoscaler
	Pods    []podState
}

type testCase struct {
	Spec  autoscalingv2.HorizontalPodAutoscalerSpec
	Syncs []syncState
}

type fixedMetrics struct {
	metricsclient.MetricsClient
	values metricsclient.PodMetricsInfo
}

func (f fixedMetrics) GetResourceMetric(context.Context, v1.ResourceName, string, labels.Selector, string) (metricsclient.PodMetricsInfo, time.Time, error) {
	return f.values, time.Now(), nil
}

func ago(seconds float64) time.Time { return time.Now().Add(-time.Duration(seconds * float64(time.Second))) }

func observe(states []podState) *ReplicaCalculator {
	pods := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
	values := metricsclient.PodMetricsInfo{}
	for i, state := range states {
		name := fmt.Sprint("pod-", i)
		started := metav1.NewTime(ago(state.Started))
		condition := v1.PodCondition{Type: v1.PodReady, Status: v1.ConditionFalse, LastTransitionTime: metav1.NewTime(ago(state.Changed))}
		if state.Ready {
			condition.Status = v1.ConditionTrue
		}
		request := v1.ResourceList{v1.ResourceCPU: *resource.NewMilliQuantity(state.Request, resource.DecimalSI)}
		pod := &v1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default"},
			Spec:       v1.PodSpec{Containers: []v1.Container{{Resources: v1.ResourceRequirements{Requests: request}}}},
			Status:     v1.PodStatus{Phase: v1.PodRunning, StartTime: &started, Conditions: []v1.PodCondition{condition}},
		}
		if state.Pending {
			pod.Status.Phase = v1.PodPending
		}
		if state.Leaving {
			pod.DeletionTimestamp = &started
		}
		if err := pods.Add(pod); err != nil {
			panic(err)
		}
		if state.Measured {
			window := time.Duration(state.Window * float64(time.Second))
			values[name] = metricsclient.PodMetric{Timestamp: ago(state.Sampled), Window: window, Value: state.Usage}
		}
	}
	return NewReplicaCalculator(fixedMetrics{values: values}, corelisters.NewPodLister(pods), 5*time.Minute, 30*time.Second)
}

// What reconcileAutoscaler does between reading the scale and writing it.
func syncOnce(controller *HorizontalController, hpa *autoscalingv2.HorizontalPodAutoscaler, current int32, pods []podState) int32 {
	desired := current
	controller.recordInitialRecommendation(current, "key")
	if current > hpa.Spec.MaxReplicas {
		desired = hpa.Spec.MaxReplicas
	} else if current < *hpa.Spec.MinReplicas {
		desired = *hpa.Spec.MinReplicas
	} else {
		target := *hpa.Spec.Metrics[0].Resource.Target.AverageUtilization
		wanted, _, _, _, err := observe(pods).GetResourceReplicas(context.Background(), current, target, v1.ResourceCPU, controller.tolerancesForHpa(hpa), "default", labels.Everything(), "")
		if err != nil {
			return current
		}
		desired = controller.normalizeDesiredReplicasWithBehaviors(hpa, "key", current, wanted, *hpa.Spec.MinReplicas)
	}
	if desired != current {
		controller.storeScaleEvent(hpa.Spec.Behavior, "key", current, desired)
	}
	return desired
}

func TestCases(t *testing.T) {
	cases, err := os.Open(os.Getenv("CASES"))
	if err != nil {
		t.Fatal(err)
	}
	answers, err := os.Create(os.Getenv("ANSWERS"))
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(cases)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var given testCase
		if err := json.Unmarshal(lines.Bytes(), &given); err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) { // its clock stands still but for Sleep
			controller := &HorizontalController{
				tolerance:       0.1,
				recommendations: map[string][]timestampedRecommendation{},
				scaleUpEvents:   map[string][]timestampedScaleEvent{},
				scaleDownEvents: map[string][]timestampedScaleEvent{},
			}
			hpa := &autoscalingv2.HorizontalPodAutoscaler{Spec: given.Spec}
			var current int32
			desired := []int32{}
			for _, state := range given.Syncs {
				time.Sleep(time.Duration(state.Wait * float64(time.Second)))
				if state.Current > 0 {
					current = state.Current
				}
				current = syncOnce(controller, hpa, current, state.Pods)
				desired = append(desired, current)
			}
			line, _ := json.Marshal(desired)
			fmt.Fprintln(answers, string(line))
		})
	}
	if err := answers.Close(); err != nil {
		t.Fatal(err)
	}
}
