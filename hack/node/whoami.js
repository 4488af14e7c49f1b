// Asks the API server of the current context who it is, and prints the user's name.
import { AuthenticationV1Api, KubeConfig } from '@kubernetes/client-node';

const config = new KubeConfig();
config.loadFromDefault();
const review = await config.makeApiClient(AuthenticationV1Api).createSelfSubjectReview({ body: {} });
console.log(review.status.userInfo.username);
