// Puts a picture of Taxiway on this object, and another one at every press of the space bar.
//
// Put this file into Assets, drag it onto an object with a Renderer (a Quad), press Play. On a Quad
// the picture stands upright. For a build on another machine than Taxiway's, change `address`.

using System.Collections;
using System.Text;
using UnityEngine;
using UnityEngine.Networking;

[RequireComponent(typeof(Renderer))]
public class Taxiway : MonoBehaviour
{
    public string address = "http://localhost:8000";
    [Range(0, 1)] public float truncation = 0.8f;
    public int seed = 1;

    [System.Serializable]
    class Question { public int seed; public float truncation; }

    [System.Serializable]
    class Answer { public string image; public string error; }

    Texture2D texture;
    int asked = -1;
    float askedTruncation;

    IEnumerator Start()
    {
        texture = new Texture2D(2, 2);
        GetComponent<Renderer>().material.mainTexture = texture;
        while (true)
        {
            // One question at a time, and only when something has changed.
            if (seed != asked || truncation != askedTruncation) yield return Ask();
            yield return null;
        }
    }

    void Update()
    {
        if (Input.GetKeyDown(KeyCode.Space)) seed = Random.Range(0, 1000000);
    }

    IEnumerator Ask()
    {
        asked = seed;
        askedTruncation = truncation;
        string body = JsonUtility.ToJson(new Question { seed = seed, truncation = truncation });
        using (var request = new UnityWebRequest(address + "/query", "POST"))
        {
            request.uploadHandler = new UploadHandlerRaw(Encoding.UTF8.GetBytes(body));
            request.downloadHandler = new DownloadHandlerBuffer();
            request.SetRequestHeader("Content-Type", "application/json");
            yield return request.SendWebRequest();
            if (request.result == UnityWebRequest.Result.ConnectionError)
            {
                Debug.LogWarning("No picture came. Is Taxiway running at " + address + "?");
                yield return new WaitForSeconds(2);
                asked = -1;
                yield break;
            }
            var answer = JsonUtility.FromJson<Answer>(request.downloadHandler.text);
            if (string.IsNullOrEmpty(answer.image)) { Debug.LogWarning(answer.error); yield break; }
            // A data URI: some words, a comma, and the file in base64.
            texture.LoadImage(System.Convert.FromBase64String(answer.image.Split(',')[1]));
        }
    }
}
