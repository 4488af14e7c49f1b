package secretstore

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/json"
	"errors"
)

// formatVersion is the version of sealed files and of keys.json that this program writes, and the newest that it reads.
const formatVersion = 1

// sealed is a sealed file. Version 1 is AES-256-GCM with a random 96-bit nonce in front of the ciphertext.
type sealed struct {
	Version int    `json:"version"`
	KeyID   string `json:"keyID"`
	// Purpose is the SHA-256 of the additional data: enough to seal the secret again under another key.
	Purpose    []byte `json:"purpose"`
	Ciphertext []byte `json:"ciphertext"`
}

func purposeOf(additionalData []byte) []byte {
	sum := sha256.Sum256(additionalData)
	return sum[:]
}

func seal(keyID string, key []byte, name string, plaintext, purpose []byte) sealed {
	box := sealed{Version: formatVersion, KeyID: keyID, Purpose: purpose}
	box.Ciphertext = aead(key).Seal(nil, nil, plaintext, box.header(name))
	return box
}

func (box sealed) open(key []byte, name string, purpose []byte) ([]byte, error) {
	if !bytes.Equal(box.Purpose, purpose) {
		return nil, ErrOtherPurpose
	}
	plaintext, err := aead(key).Open(nil, nil, box.Ciphertext, box.header(name))
	if err != nil {
		return nil, errors.New("it was changed, or sealed with another key of the same id")
	}
	return plaintext, nil
}

// header is authenticated along with the ciphertext, so that no sealed file can stand in for another.
func (box sealed) header(name string) []byte {
	data, err := json.Marshal([]any{box.Version, box.KeyID, name, box.Purpose})
	if err != nil {
		panic(err) // numbers, strings and bytes always have a JSON form
	}
	return data
}

// aead takes a key of keySize bytes.
func aead(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the size is checked where keys are read
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // AES has the block size that GCM wants
	}
	return gcm
}

func parseSealed(data []byte) (sealed, error) {
	var box sealed
	if err := json.Unmarshal(data, &box); err != nil {
		return sealed{}, errors.New("not a sealed file") // the JSON error could quote its content
	}
	if box.Version != formatVersion {
		return sealed{}, otherVersion("format version %d, this program knows %d", box.Version, formatVersion)
	}
	return box, nil
}

func (box sealed) marshal() []byte {
	data, err := json.Marshal(box)
	if err != nil {
		panic(err) // see header
	}
	return append(data, '\n')
}
