# What the commands for AWS have in common; sourced by each of them.
# shellcheck shell=bash disable=SC2034
# The bash of macOS, 3.2, takes an empty array for an unset one, hence ${array[@]+"${array[@]}"}.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
image=${IMAGE:-mlserving} # as README builds it
registry_stack=mlserving-registry
service_stack=mlserving
alarms_stack=mlserving-alarms
beanstalk_stack=mlserving-beanstalk
repository=mlserving # in ECR, as registry.yaml names it

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

refuse() {
  say "$*"
  exit 1
}

# Sets dry_run if --dry-run is among the words, and the array `words` to the others.
parse() {
  dry_run=
  words=()
  local word
  for word; do
    case $word in
      --dry-run) dry_run=1 ;;
      -*) refuse "There is no option $word. The only one is --dry-run." ;;
      *) words+=("$word") ;;
    esac
  done
}

# Runs a command after printing it; a dry run only prints it.
run() {
  printf '+ %s\n' "$(printf '%q ' "$@")" >&2
  [[ -n $dry_run ]] || "$@"
}

# Says what has come of it, if anything was done.
report() { [[ -n $dry_run ]] || say "$*"; }

# Sets account and region, or refuses. A dry run needs neither AWS's CLI nor credentials.
sign_in() {
  region=${AWS_REGION:-${AWS_DEFAULT_REGION:-}}
  account=ACCOUNT
  if [[ -n $dry_run ]]; then
    region=${region:-REGION}
    return
  fi
  command -v aws >/dev/null || refuse "The AWS CLI is missing. Install it: https://aws.amazon.com/cli/"
  region=${region:-$(aws configure get region || true)}
  [[ -n $region ]] || refuse "No region is chosen. Set AWS_DEFAULT_REGION, such as eu-central-1."
  export AWS_DEFAULT_REGION=$region AWS_PAGER=
  local identity=(aws sts get-caller-identity --query Account --output text)
  # Only after a failure is what the CLI writes to stderr read: on success there may be warnings.
  account=$("${identity[@]}" 2>/dev/null) || case $("${identity[@]}" 2>&1) in
    *'connect to the endpoint'* | *timed\ out*)
      refuse "AWS cannot be reached. Is $region a region, and is this machine online?" ;;
    *) refuse "AWS accepts no credentials of yours. Run aws configure, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY." ;;
  esac
}

# Prints one output of a stack, or in a dry run its name in capitals.
output() {
  if [[ -n $dry_run ]]; then
    printf '%s\n' "$2" | tr '[:lower:]' '[:upper:]'
  else
    aws cloudformation describe-stacks --stack-name "$1" --query "Stacks[0].Outputs[?OutputKey=='$2'].OutputValue" \
      --output text
  fi
}

# Sets tag to the image's tag in ECR, the beginning of its own digest. What runs it on AWS is amd64.
find_tag() {
  local found architecture
  if ! found=$(docker image inspect --format '{{.Architecture}} {{.Id}}' "$image" 2>/dev/null); then
    [[ -n $dry_run ]] || refuse "Docker has no image $image. Build it: docker build -t $image ."
    found='amd64 sha256:IMAGE_DIGEST'
  fi
  architecture=${found%% *}
  [[ $architecture == amd64 ]] ||
    refuse "The image $image is for $architecture, and AWS runs it on amd64. Build it: docker build --platform linux/amd64 -t $image ."
  tag=${found#* sha256:}
  tag=${tag:0:12}
}

# Sets uri to the image's address in ECR. The stack has it: in some regions its host ends otherwise.
find_uri() { uri=$(output "$registry_stack" RepositoryUri):$tag; }

is_pushed() {
  aws ecr describe-images --repository-name "$repository" --image-ids "imageTag=$tag" >/dev/null 2>&1
}

# Sets uri, or refuses if the image is not in ECR.
need_pushed() {
  find_tag
  [[ -n $dry_run ]] || is_pushed || refuse "ECR does not have this image yet. Run: scripts/aws/push"
  find_uri
}

# Creates or updates a stack: name, template, and its parameters as Name=Value.
deploy_stack() {
  local parameters=()
  (($# < 3)) || parameters=(--parameter-overrides "${@:3}")
  run aws cloudformation deploy --stack-name "$1" --template-file "$here/$2" --capabilities CAPABILITY_IAM \
    --no-fail-on-empty-changeset ${parameters[@]+"${parameters[@]}"}
}

# Refuses words that are not Name=Value with a name among the parameters of a template.
check_parameters() {
  local template=$1 word known
  shift
  known=$(sed -n '/^Parameters:/,/^[A-Z]/s/^  \([A-Za-z]*\):.*/\1/p' "$here/$template" | paste -s -d , -)
  for word; do
    [[ $word == *=* ]] || refuse "$word is not a parameter. Write Name=Value, such as InstanceType=t3.small or MaxTasks=4."
    [[ ,$known, == *,"${word%%=*}",* ]] || refuse "There is no parameter ${word%%=*}. There are: ${known//,/, }."
  done
}
